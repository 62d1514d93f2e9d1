// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.BlockDevice;

/** A log, its cache, and the position that an uberblock would hold. */
final class TestLog implements AutoCloseable {
  static final UUID STORE_ID = new UUID(0x1234, 0x5678);
  static final int SEGMENT_BYTES = 32 << 10;

  final BlockDevice device;
  final BufferCache cache;
  final IntentLog log;
  LogPosition durable;

  private TestLog(BlockDevice device, BufferCache cache, IntentLog log, LogPosition durable) {
    this.device = device;
    this.cache = cache;
    this.log = log;
    this.durable = durable;
  }

  /** A new log in small segments, with its first group synced. */
  static TestLog create(BlockDevice device) {
    return create(device, SEGMENT_BYTES);
  }

  static TestLog create(BlockDevice device, int segmentBytes) {
    BufferCache cache = newCache();
    IntentLog log = IntentLog.create(device, cache, STORE_ID, segmentBytes);
    TestLog result = new TestLog(device, cache, log, LogPosition.NONE);
    log.start();
    result.syncGroup();
    return result;
  }

  /** Opens a log; it is still to be replayed. */
  static TestLog open(BlockDevice device, LogPosition from) {
    BufferCache cache = newCache();
    try {
      return new TestLog(device, cache, IntentLog.open(device, cache, STORE_ID, from), from);
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  static BufferCache newCache() {
    return BufferCache.builder().budgetBytes(4 << 20).build();
  }

  /** What the transaction groups do with a group, when the device of the blocks does not fail. */
  void syncGroup() {
    LogPosition position = log.position();
    durable = position;
    log.released(position);
  }

  long append(byte[]... parts) {
    long bytes = 0;
    for (byte[] part : parts) {
      bytes += part.length;
    }
    while (!log.tryReserve(bytes)) {
      syncGroup();
    }
    try {
      return log.append(parts);
    } finally {
      log.release(bytes);
    }
  }

  List<byte[]> replay() {
    List<byte[]> found = new ArrayList<>();
    log.replay(
        (sequence, payload) -> {
          if (sequence != durable.sequence() + found.size() + 1) {
            throw new AssertionError("record " + sequence + " after " + found.size());
          }
          found.add(payload);
        });
    return found;
  }

  static byte[] bytes(SplittableRandom random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() {
    try {
      log.close();
    } finally {
      cache.close();
    }
  }
}
