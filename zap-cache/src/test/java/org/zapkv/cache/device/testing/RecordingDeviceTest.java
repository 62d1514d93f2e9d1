// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.BlockDeviceContract;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.RecordingDevice.Kind;
import org.zapkv.cache.device.testing.RecordingDevice.Operation;
import org.zapkv.error.EndOfDeviceException;

/** {@link RecordingDevice} as a device, its log, and the past. */
final class RecordingDeviceTest extends BlockDeviceContract {
  @Override
  protected BlockDevice create() {
    return new RecordingDevice(new MemoryDevice());
  }

  private static byte[] content(BlockDevice of) {
    return Scratch.read(of, 0, (int) of.sizeBytes());
  }

  @Test
  void everyStepCanBeHad() {
    MemoryDevice behind = new MemoryDevice();
    Scratch.write(behind, 0, new byte[] {9, 9, 9});
    device = new RecordingDevice(behind);
    write(1, (byte) 1, (byte) 2, (byte) 3);
    device.flush();
    write(0, (byte) 4);
    device.truncate(2);
    assertArrayEquals(new byte[] {4, 1}, read(0, 2));
    assertThrows(EndOfDeviceException.class, () -> read(0, 3));
    String me = Thread.currentThread().getName();
    RecordingDevice recording = (RecordingDevice) device;
    assertEquals(
        List.of(
            new Operation(Kind.WRITE, 1, 3, Arrays.hashCode(new byte[] {1, 2, 3}), me),
            new Operation(Kind.FLUSH, 0, 0, 0, me),
            new Operation(Kind.WRITE, 0, 1, Arrays.hashCode(new byte[] {4}), me),
            new Operation(Kind.TRUNCATE, 2, 0, 0, me),
            new Operation(Kind.READ, 0, 2, Arrays.hashCode(new byte[] {4, 1}), me)),
        recording.operations());
    assertArrayEquals(new byte[] {9, 9, 9}, content(recording.asOf(0)));
    assertArrayEquals(new byte[] {9, 1, 2, 3}, content(recording.asOf(1)));
    assertArrayEquals(new byte[] {9, 1, 2, 3}, content(recording.asOf(2)));
    assertArrayEquals(new byte[] {4, 1, 2, 3}, content(recording.asOf(3)));
    assertArrayEquals(new byte[] {4, 1}, content(recording.asOf(5)));
    assertThrows(IndexOutOfBoundsException.class, () -> recording.asOf(6));
  }
}
