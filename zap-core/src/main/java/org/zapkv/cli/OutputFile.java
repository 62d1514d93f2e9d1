// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written whole or not touched: under another name beside it, then renamed. One
 * whose name ends in .gz is packed; {@code -} is standard output.
 */
final class OutputFile {
  /** What writes the content. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private static final int BUFFER_BYTES = 64 * 1024;

  private final String name;
  private final Streams streams;

  /** Where the file is, links followed; null: standard output. */
  private final @Nullable Path target;

  private OutputFile(String name, Streams streams, @Nullable Path target) {
    this.name = name;
    this.streams = streams;
    this.target = target;
  }

  /** A file that will be written; refuses at once what could not be written later. */
  static OutputFile of(String name, Streams streams) {
    if (name.equals(InputFile.STANDARD)) {
      return new OutputFile(name, streams, null);
    }
    try {
      Path path = Path.of(name).toAbsolutePath();
      Path target = Files.exists(path) ? path.toRealPath() : path;
      if (Files.isDirectory(target)) {
        throw cannotWrite(name, "it is a directory");
      }
      Path parent = target.getParent();
      if (parent == null || !Files.isDirectory(parent)) {
        throw cannotWrite(name, "there is no directory " + parent);
      }
      return new OutputFile(name, streams, target);
    } catch (IOException e) {
      throw cannotWrite(name, IoReason.of(e));
    } catch (InvalidPathException e) {
      throw cannotWrite(name, e.getMessage());
    }
  }

  private static CommandFailure cannotWrite(String name, @Nullable String reason) {
    return new CommandFailure(ExitCode.UNUSABLE, "cannot write " + name + ": " + reason);
  }

  void write(Content content) {
    try {
      if (target == null) {
        content.writeTo(streams.out());
      } else if (Files.exists(target) && !Files.isRegularFile(target)) {
        // A device or a pipe: to be written into, not to be replaced.
        write(content, target, StandardOpenOption.WRITE);
      } else {
        replace(content, target);
      }
    } catch (IOException e) {
      throw cannotWrite(name, IoReason.of(e));
    }
  }

  private void replace(Content content, Path target) throws IOException {
    String file = "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp";
    Path temporary = target.resolveSibling(file);
    try {
      write(content, temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void write(Content content, Path file, StandardOpenOption... options) throws IOException {
    try (FileChannel channel = FileChannel.open(file, options)) {
      OutputStream plain =
          new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
      if (name.endsWith(InputFile.PACKED_SUFFIX)) {
        GZIPOutputStream packed = new GZIPOutputStream(plain, BUFFER_BYTES);
        content.writeTo(packed);
        packed.finish();
      } else {
        content.writeTo(plain);
      }
      plain.flush();
      if (Files.isRegularFile(file)) {
        channel.force(true);
      }
    }
  }
}
