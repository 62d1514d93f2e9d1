// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedKind;
import org.zapkv.harness.subject.WrappedSubject;
import org.zapkv.harness.subject.ZapKind;

/** Zap, with one thing that is wrong. */
final class LyingKind extends WrappedKind {
  /** Around the device of the log. */
  UnaryOperator<BlockDevice> log = device -> device;

  /** What a get gives instead of a value. */
  BiFunction<Subject, byte @Nullable [], byte @Nullable []> got = (subject, value) -> value;

  /** How far a creation says that it was, at least. */
  int leastProgress;

  /** What a check finds. */
  List<String> problems = List.of();

  LyingKind() {
    super(new ZapKind());
  }

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
  public void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    super.layOut(directory, blocks, log, Math.max(progress, leastProgress));
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    if (place instanceof Place.Devices devices) {
      return new Liar(
          super.open(
              new Place.Devices(
                  devices.blocks(), log.apply(devices.log()), devices.exactSeed(), devices.clock()),
              options));
    }
    return new Liar(super.open(place, options));
  }

  private final class Liar extends WrappedSubject {
    private final Subject subject;

    Liar(Subject subject) {
      super(subject);
      this.subject = subject;
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      return got.apply(subject, super.get(map, key));
    }

    @Override
    public List<String> check() {
      return problems.isEmpty() ? super.check() : problems;
    }
  }
}
