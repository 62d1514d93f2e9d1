// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;

/** {@link OverlayDevice} as a device, over another one that keeps its content. */
final class OverlayDeviceTest extends BlockDeviceContract {
  private static final int BASE_BYTES = 100_000;

  private MemoryDevice base = new MemoryDevice();

  @Override
  protected BlockDevice create() {
    base = new MemoryDevice();
    byte[] old = new byte[BASE_BYTES];
    Arrays.fill(old, (byte) 7);
    device = base;
    write(0, old);
    OverlayDevice overlay = new OverlayDevice(base);
    overlay.truncate(0);
    return overlay;
  }

  @Test
  void thereIsAsMuchRoomAsInTheBase() {
    BlockDevice roomy =
        (BlockDevice)
            Proxy.newProxyInstance(
                BlockDevice.class.getClassLoader(),
                new Class<?>[] {BlockDevice.class},
                (proxy, method, arguments) ->
                    method.getName().equals("growableBytes")
                        ? (Object) 12_345L
                        : method.invoke(base, arguments));
    try (BlockDevice overlay = new OverlayDevice(roomy)) {
      assertEquals(12_345, overlay.growableBytes());
    }
  }

  @Test
  void theBaseShowsThroughAndStaysAsItIs() throws Exception {
    Seeds.run(
        seed -> {
          Random random = new Random(seed);
          device = base;
          byte[] before = read(0, BASE_BYTES);
          device = new OverlayDevice(base);
          byte[] model = Arrays.copyOf(before, 2 * BASE_BYTES);
          int size = BASE_BYTES;
          for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(15))];
            random.nextBytes(bytes);
            int at = random.nextInt(2 * BASE_BYTES - bytes.length);
            write(at, bytes);
            System.arraycopy(bytes, 0, model, at, bytes.length);
            size = Math.max(size, at + bytes.length);
            assertEquals(size, device.sizeBytes());
            assertArrayEquals(Arrays.copyOf(model, size), read(0, size));
          }
          device = base;
          assertArrayEquals(before, read(0, BASE_BYTES));
          assertEquals(BASE_BYTES, base.sizeBytes());
        });
  }
}
