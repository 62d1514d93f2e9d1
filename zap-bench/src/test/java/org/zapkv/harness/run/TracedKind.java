// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedKind;
import org.zapkv.harness.subject.WrappedSubject;
import org.zapkv.harness.subject.ZapKind;

/** Zap, with all that is asked of it and of its devices, and what comes of it, as lines. */
final class TracedKind extends WrappedKind {
  final List<String> lines = new ArrayList<>();

  TracedKind() {
    super(new ZapKind());
  }

  synchronized void add(String line) {
    lines.add(line);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    add("open " + options);
    Place traced = place;
    if (place instanceof Place.Devices devices) {
      traced =
          new Place.Devices(
              new TracedDevice(devices.blocks(), "blocks"),
              new TracedDevice(devices.log(), "log"),
              devices.exactSeed(),
              devices.clock());
    }
    try {
      return new TracedSubject(super.open(traced, options));
    } catch (IOException | RuntimeException e) {
      add("refused " + e);
      throw e;
    }
  }

  private static String hash(byte @Nullable [] bytes) {
    return bytes == null ? "none" : Integer.toHexString(Arrays.hashCode(bytes));
  }

  private final class TracedDevice implements BlockDevice {
    private final BlockDevice device;
    private final String label;

    TracedDevice(BlockDevice device, String label) {
      this.device = device;
      this.label = label;
    }

    private void note(String what, long offsetBytes, long address, int lengthBytes) {
      byte[] bytes = new byte[lengthBytes];
      NativeMemory.copyToArray(address, bytes, 0, lengthBytes);
      add(label + " " + what + " " + offsetBytes + "+" + lengthBytes + " " + hash(bytes));
    }

    @Override
    public String name() {
      return device.name();
    }

    @Override
    public int alignmentBytes() {
      return device.alignmentBytes();
    }

    @Override
    public long sizeBytes() {
      return device.sizeBytes();
    }

    @Override
    public void read(long offsetBytes, long address, int lengthBytes) {
      device.read(offsetBytes, address, lengthBytes);
      note("read", offsetBytes, address, lengthBytes);
    }

    @Override
    public void write(long offsetBytes, long address, int lengthBytes) {
      note("write", offsetBytes, address, lengthBytes);
      device.write(offsetBytes, address, lengthBytes);
    }

    @Override
    public void flush() {
      add(label + " flush");
      device.flush();
    }

    @Override
    public void truncate(long sizeBytes) {
      add(label + " truncate " + sizeBytes);
      device.truncate(sizeBytes);
    }

    @Override
    public long growableBytes() {
      return device.growableBytes();
    }

    @Override
    public void close() {
      device.close();
    }
  }

  private final class TracedSubject extends WrappedSubject {
    TracedSubject(Subject subject) {
      super(subject);
    }

    @Override
    public void apply(Change change, Promise promise) {
      try {
        super.apply(change, promise);
        add("applied " + new String(change.key(), StandardCharsets.UTF_8));
      } catch (RuntimeException e) {
        add("refused " + e);
        throw e;
      }
    }

    @Override
    public long commit(List<Change> changes, Promise promise) {
      try {
        long sequence = super.commit(changes, promise);
        add("commit " + sequence);
        return sequence;
      } catch (RuntimeException e) {
        add("refused " + e);
        throw e;
      }
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      byte[] value = super.get(map, key);
      add("got " + hash(value));
      return value;
    }

    @Override
    public Scan scan(String map, long cookie) {
      add("scan " + cookie);
      return super.scan(map, cookie);
    }

    @Override
    public List<String> maps() {
      List<String> maps = super.maps();
      add("maps " + maps);
      return maps;
    }

    @Override
    public void sync() {
      add("sync");
      super.sync();
    }

    @Override
    public void compact() {
      add("compact");
      super.compact();
    }

    @Override
    public void close() {
      add("close");
      super.close();
    }
  }
}
