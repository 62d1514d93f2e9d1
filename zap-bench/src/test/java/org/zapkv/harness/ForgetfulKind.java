// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.ZapKind;

/** Zap, but one in eight keys is never found. */
public final class ForgetfulKind implements StoreKind {
  private static final int FORGOTTEN_OF = 8;

  private final StoreKind zap = new ZapKind();

  /** For the harness. */
  public ForgetfulKind() {}

  @Override
  public String title() {
    return "Forgetful";
  }

  @Override
  public String settings() {
    return zap.settings();
  }

  @Override
  public String promise() {
    return zap.promise();
  }

  @Override
  public Set<Capability> capabilities() {
    return zap.capabilities();
  }

  @Override
  public void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    zap.layOut(directory, blocks, log, progress);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    return new Forgetful(zap.open(place, options));
  }

  private record Forgetful(Subject zap) implements Subject {
    @Override
    public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
      return zap.swap(change, expected, promise);
    }

    @Override
    public long increment(String map, byte[] key, long delta, Promise promise) {
      return zap.increment(map, key, delta, promise);
    }

    @Override
    public long transact(List<Change> changes, Reader reader, Promise promise) {
      return zap.transact(changes, reader, promise);
    }

    @Override
    public long wipe(String map, boolean drops, Promise promise) {
      return zap.wipe(map, drops, promise);
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      return key[key.length - 1] % FORGOTTEN_OF == 0 ? null : zap.get(map, key);
    }

    @Override
    public void apply(Change change, Promise promise) {
      zap.apply(change, promise);
    }

    @Override
    public long commit(List<Change> changes, Promise promise) {
      return zap.commit(changes, promise);
    }

    @Override
    public Scan scan(String map, long cookie) {
      return zap.scan(map, cookie);
    }

    @Override
    public List<String> maps() {
      return zap.maps();
    }

    @Override
    public void sync() {
      zap.sync();
    }

    @Override
    public void compact() {
      zap.compact();
    }

    @Override
    public List<String> scrub() {
      return zap.scrub();
    }

    @Override
    public List<String> check() {
      return zap.check();
    }

    @Override
    public Map<String, Long> events() {
      return zap.events();
    }

    @Override
    public void close() {
      zap.close();
    }
  }
}
