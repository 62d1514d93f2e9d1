// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the measurements do with directories. */
public final class Directories {
  private Directories() {}

  /**
   * The lengths of the files together.
   *
   * @param directory where they are
   * @return bytes
   * @throws IOException if they cannot be read
   */
  public static long lengthBytes(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(Directories::length).sum();
    }
  }

  /** A store may remove a file while its directory is walked. */
  private static long length(Path file) {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What the file system has allocated for them, which Java does not tell.
   *
   * @param directory where they are
   * @return bytes
   * @throws IOException if there is no {@code du}
   * @throws InterruptedException if the thread is interrupted
   */
  public static long allocatedBytes(Path directory) throws IOException, InterruptedException {
    Process du =
        new ProcessBuilder(List.of("du", "-s", "--block-size=1", directory.toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String line = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    // An exit code other than 0 is a file that was removed meanwhile.
    du.waitFor();
    return Long.parseLong(line.substring(0, line.indexOf('\t')));
  }

  /**
   * Has the system write all that is in its page cache.
   *
   * @throws IOException if there is no {@code sync}
   * @throws InterruptedException if the thread is interrupted
   */
  public static void syncAll() throws IOException, InterruptedException {
    new ProcessBuilder("sync").start().waitFor();
  }

  /**
   * Removes a directory with all that is in it, if it exists.
   *
   * @param directory the directory
   * @throws IOException if that fails
   */
  public static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
