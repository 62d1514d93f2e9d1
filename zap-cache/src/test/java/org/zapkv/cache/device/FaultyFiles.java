// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Random;
import org.zapkv.cache.device.testing.FaultyChannel;
import org.zapkv.cache.device.testing.FaultyChannel.Faults;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Files whose system disturbs the device: what is below a {@link FileDevice}, not in front of it.
 */
public final class FaultyFiles {
  private FaultyFiles() {}

  /**
   * Opens a file as {@link FileDevice#open(Path, IoMode)} does, for a device that meets faults.
   *
   * @param path the file
   * @param mode whether the page cache is used
   * @param faults what happens to the calls of all its channels. A direct transfer that is to stop
   *     short does so after whole pages, one at least, as others are refused
   * @return the device
   */
  public static FileDevice open(Path path, IoMode mode, Faults faults) {
    return FileDevice.open(
        path,
        mode,
        (file, options) -> {
          boolean isDirect =
              options.stream().anyMatch(option -> option.toString().equals("DIRECT"));
          return new FaultyChannel(
              FileChannel.open(file, options), isDirect ? wholePages(faults) : faults);
        });
  }

  private static Faults wholePages(Faults faults) {
    int page = NativeMemory.pageBytes();
    return (call, position, lengthBytes) -> {
      int allowed = faults.before(call, position, lengthBytes);
      return Math.min(lengthBytes, Math.max(page, allowed & -page));
    };
  }

  /**
   * Transfers that stop short by chance, most of them, anywhere after the first byte.
   *
   * @param seed what the chance comes from
   * @return faults for any number of threads
   */
  public static Faults shortTransfers(long seed) {
    Random random = new Random(seed);
    return (call, position, lengthBytes) ->
        lengthBytes <= 1 ? lengthBytes : 1 + random.nextInt(lengthBytes);
  }
}
