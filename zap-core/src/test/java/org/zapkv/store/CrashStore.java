// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.error.ZapException;

/** A store on two devices that lose power together. */
final class CrashStore {
  final CrashDevice blocks;
  final CrashDevice log;

  CrashStore(long seed) {
    blocks = new CrashDevice(seed);
    log = new CrashDevice(seed + 1);
  }

  /** Groups are synced only when somebody asks for it. */
  static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  ZapStore create() {
    return builder().create(blocks, log, "crash");
  }

  ZapStore open() {
    return open(builder());
  }

  ZapStore open(ZapStoreBuilder builder) {
    return builder.open(blocks, log, "crash");
  }

  /** Takes the power away from a store, and gives it back to the devices. */
  void crash(ZapStore store) {
    blocks.crashAfter(0);
    log.crashAfter(0);
    try {
      store.close();
    } catch (ZapException e) {
      // It cannot write any more.
    }
    blocks.restart();
    log.restart();
  }

  static Map<String, ZapEntry> content(ZapStore store) {
    Map<String, ZapEntry> content = new HashMap<>();
    for (String name : store.mapNames()) {
      store.map(name).forEach(e -> content.put(name + "/" + e.keyString(), e));
    }
    return content;
  }
}
