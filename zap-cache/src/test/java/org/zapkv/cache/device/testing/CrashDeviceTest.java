// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.BlockDeviceContract;
import org.zapkv.error.DeviceException;

/** {@link CrashDevice} as a device, and what it does when power is lost. */
final class CrashDeviceTest extends BlockDeviceContract {
  private static final int SECTOR = 512;

  private CrashDevice crash = new CrashDevice(1);

  @Override
  protected BlockDevice create() {
    crash = new CrashDevice(1);
    return crash;
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void whatWasFlushedSurvives() {
    for (int round = 1; round < 50; round++) {
      write(0, filled(4 * SECTOR, round));
      device.flush();
      write(4 * SECTOR, filled(4 * SECTOR, round));
      crash.restart();
      assertArrayEquals(filled(4 * SECTOR, round), read(0, 4 * SECTOR));
    }
  }

  @Test
  void theRestSurvivesInPartAndSectorsAreWhole() {
    for (int round = 1; round < 200; round++) {
      int value = round % 100 + 1;
      device.flush();
      write(100, filled(6 * SECTOR, value));
      write(8 * SECTOR, filled(SECTOR, value));
      crash.restart();
      byte[] found = new byte[9 * SECTOR];
      int size = (int) device.sizeBytes();
      System.arraycopy(read(0, size), 0, found, 0, size);
      for (int sector = 0; sector < 9; sector++) {
        int from = Math.max(100, sector * SECTOR);
        int to = Math.min(sector < 7 ? 100 + 6 * SECTOR : 9 * SECTOR, (sector + 1) * SECTOR);
        for (int i = from + 1; i < to; i++) {
          assertEquals(found[from], found[i], "sector " + sector + " is torn");
        }
      }
    }
    assertTrue(crash.kept() > 0 && crash.dropped() > 0 && crash.torn() > 0);
  }

  @Test
  void anEarlierWriteOfTheSameBytesMayWin() {
    int earlierWon = 0;
    for (int round = 0; round < 200; round++) {
      write(0, filled(SECTOR, 1));
      device.flush();
      write(0, filled(SECTOR, 2));
      write(0, filled(SECTOR, 3));
      long dropped = crash.dropped();
      crash.restart();
      boolean bothSurvived = dropped == crash.dropped();
      earlierWon += bothSurvived && read(0, 1)[0] == 2 ? 1 : 0;
    }
    assertTrue(earlierWon > 0 && crash.reordered() >= earlierWon);
  }

  @Test
  void afterTheCrashNothingChangesUntilTheRestart() {
    write(0, (byte) 1);
    device.flush();
    assertEquals(2, crash.steps());
    crash.crashAfter(1);
    write(0, (byte) 2);
    assertThrows(DeviceException.class, () -> write(0, (byte) 3));
    assertThrows(DeviceException.class, () -> device.flush());
    assertThrows(DeviceException.class, () -> device.truncate(0));
    crash.restart();
    write(0, (byte) 4);
    device.flush();
    crash.restart();
    assertArrayEquals(new byte[] {4}, read(0, 1));
  }

  @Test
  void aTruncationMaySurviveOrNot() {
    int cut = 0;
    for (int round = 0; round < 100; round++) {
      write(0, new byte[SECTOR]);
      device.flush();
      device.truncate(1);
      crash.restart();
      cut += device.sizeBytes() == 1 ? 1 : 0;
    }
    assertTrue(cut > 0 && cut < 100, "cut " + cut);
  }
}
