// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.ZapKind;

/** Zap, with one thing that is wrong. */
final class LyingKind implements StoreKind {
  private final StoreKind kind = new ZapKind();

  /** Around the device of the log. */
  UnaryOperator<BlockDevice> log = device -> device;

  /** What a get gives instead of a value. */
  BiFunction<Subject, byte @Nullable [], byte @Nullable []> got = (subject, value) -> value;

  /** How far a creation says that it was, at least. */
  int leastProgress;

  /** What a check finds. */
  List<String> problems = List.of();

  /** A log whose flushes are left out. */
  static BlockDevice withoutFlush(BlockDevice device) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("flush")) {
            return null;
          }
          try {
            return method.invoke(device, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    Class<?>[] types = {BlockDevice.class};
    return (BlockDevice) Proxy.newProxyInstance(BlockDevice.class.getClassLoader(), types, handler);
  }

  @Override
  public String title() {
    return "a liar";
  }

  @Override
  public String settings() {
    return kind.settings();
  }

  @Override
  public String promise() {
    return kind.promise();
  }

  @Override
  public Set<Capability> capabilities() {
    return kind.capabilities();
  }

  @Override
  public void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    kind.layOut(directory, blocks, log, Math.max(progress, leastProgress));
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    if (place instanceof Place.Devices devices) {
      return new Liar(
          kind.open(
              new Place.Devices(
                  devices.blocks(), log.apply(devices.log()), devices.exactSeed(), devices.clock()),
              options));
    }
    return new Liar(kind.open(place, options));
  }

  private final class Liar implements Subject {
    private final Subject subject;

    Liar(Subject subject) {
      this.subject = subject;
    }

    @Override
    public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
      return subject.swap(change, expected, promise);
    }

    @Override
    public long increment(String map, byte[] key, long delta, Promise promise) {
      return subject.increment(map, key, delta, promise);
    }

    @Override
    public long transact(List<Change> changes, Reader reader, Promise promise) {
      return subject.transact(changes, reader, promise);
    }

    @Override
    public long wipe(String map, boolean drops, Promise promise) {
      return subject.wipe(map, drops, promise);
    }

    @Override
    public void apply(Change change, Promise promise) {
      subject.apply(change, promise);
    }

    @Override
    public long commit(List<Change> changes, Promise promise) {
      return subject.commit(changes, promise);
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      return got.apply(subject, subject.get(map, key));
    }

    @Override
    public Scan scan(String map, long cookie) {
      return subject.scan(map, cookie);
    }

    @Override
    public List<String> maps() {
      return subject.maps();
    }

    @Override
    public void sync() {
      subject.sync();
    }

    @Override
    public void compact() {
      subject.compact();
    }

    @Override
    public List<String> scrub() {
      return subject.scrub();
    }

    @Override
    public List<String> check() {
      return problems.isEmpty() ? subject.check() : problems;
    }

    @Override
    public void close() {
      subject.close();
    }
  }
}
