// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names and sizes of the regular files below a directory, as the file system has them. */
final class FileTree {
  /** Told of each file. */
  interface Visitor {
    /**
     * A file.
     *
     * @param name its path below the directory, with slashes
     */
    void file(String name, long sizeBytes);
  }

  private final Visitor visitor;
  private final List<Path> leftOut;
  private long unreadable;

  /**
   * A walk.
   *
   * @param leftOut directories that are not walked, since they change meanwhile
   */
  FileTree(Visitor visitor, Path... leftOut) {
    this.visitor = visitor;
    this.leftOut = List.of(leftOut);
  }

  /** Walks a directory; what cannot be read is counted and left out. */
  void walk(Path directory) {
    walk(realPath(directory), "");
  }

  /** Walks the class files of the running JDK, which are in no directory but in its image. */
  void walkRuntimeImage() {
    walk(FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules"), "modules/");
  }

  long unreadable() {
    return unreadable;
  }

  private static Path realPath(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNUSABLE, "cannot list " + directory + ": " + IoReason.of(e));
    }
  }

  private void walk(Path root, String prefix) {
    try {
      Files.walkFileTree(root, new Walk(root, prefix));
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.UNUSABLE, "cannot list " + root + ": " + IoReason.of(e));
    }
  }

  private final class Walk extends SimpleFileVisitor<Path> {
    private final Path root;
    private final String prefix;

    Walk(Path root, String prefix) {
      this.root = root;
      this.prefix = prefix;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      return leftOut.contains(directory) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile()) {
        String separator = file.getFileSystem().getSeparator();
        String name = root.relativize(file).toString().replace(separator, "/");
        visitor.file(prefix + name, attributes.size());
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (file.equals(root)) {
        throw e;
      }
      unreadable++;
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
      unreadable += e == null ? 0 : 1;
      return FileVisitResult.CONTINUE;
    }
  }
}
