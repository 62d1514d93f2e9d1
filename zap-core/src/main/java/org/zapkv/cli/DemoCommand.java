// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description =
        "Loads the names and sizes of all files below a directory into a map of a new store,"
            + " closes it, and has a new process verify every entry.",
    footer = {
      "",
      "Without DIR: the files of the running JDK and the classes in its run-time image.",
      "Exit code other than 0 if anything is not as it was loaded.",
      "",
      "Examples:",
      "  zap demo",
      "  zap demo --store jdk /usr/lib/jvm"
    })
final class DemoCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "DIR",
      description = "Where the files are (default: the JDK).")
  private @Nullable Path directory;

  @Option(
      names = "--store",
      paramLabel = "STORE",
      description = "Make the store here and keep it (default: a temporary directory).")
  private @Nullable Path store;

  DemoCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (directory != null && !Files.isDirectory(directory)) {
      throw new ParameterException(spec.commandLine(), "DIR: " + directory + " is no directory");
    }
    Path scratch = Files.createTempDirectory("zap-demo-").toRealPath();
    try {
      Path place = store == null ? scratch.resolve("store") : store;
      ChildProcess zap = new ChildProcess(streams.out());
      return new Demo(streams, directory, place, scratch, zap::run).run();
    } finally {
      delete(scratch);
    }
  }

  private static void delete(Path tree) throws IOException {
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
