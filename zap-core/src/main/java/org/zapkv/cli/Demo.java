// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** The demonstration: load, close, verify in another process, tell what was seen. */
final class Demo {
  private static final String MAP = "files";
  private static final double NANOS_PER_SECOND = 1e9;

  /** Runs a command of the command line in a process of its own. */
  interface Runner {
    /** Returns the exit code. */
    int run(String... args) throws IOException;
  }

  private final Streams streams;
  private final @Nullable Path directory;
  private final Path store;
  private final Path scratch;
  private final Runner zap;

  /**
   * A demonstration.
   *
   * @param directory where the files are, null: the JDK
   * @param store where the new store goes
   * @param scratch a directory for other files
   * @param zap what verifies the store once it is closed
   */
  Demo(Streams streams, @Nullable Path directory, Path store, Path scratch, Runner zap) {
    this.streams = streams;
    this.directory = directory;
    this.store = store;
    this.scratch = scratch;
    this.zap = zap;
  }

  int run() throws IOException {
    Path listing = scratch.resolve("listing.txt");
    load(listing);
    say("");
    say("2. Verifying it in a new process: every name and size of the listing against the store.");
    int verified = zap.run("verify", "--escaped", "--long", store.toString(), MAP, listing + "");
    say("");
    say("3. Checking the store in another process: every checksum, the map, the space.");
    int checked = zap.run("check", store.toString());
    say("");
    say("4. What the map looks like.");
    int described = zap.run("stat", store.toString(), MAP);
    say("");
    int worst = Math.max(verified, Math.max(checked, described));
    say(worst == ExitCode.OK ? "Done: what was loaded is what came back." : "Something differs.");
    return worst;
  }

  private void say(String line) {
    streams.out().println(line);
    streams.out().flush();
  }

  private void load(Path listing) throws IOException {
    try (ZapStore opened = ZapStore.builder().durability(Durability.NONE).open(store);
        OutputStream file = Files.newOutputStream(listing)) {
      if (!opened.mapNames().isEmpty()) {
        throw new CommandFailure(
            ExitCode.NO, store + " has maps already: name a new directory with --store");
      }
      String source = directory == null ? "the JDK, " + jdk() : directory.toString();
      say("1. Loading the names and sizes of all files of " + source);
      say("   into the map \"" + MAP + "\" of a new store, " + store + ".");
      ZapMap map = opened.map(MAP);
      DemoLoader loader = new DemoLoader(map, new Output(file), this::say);
      FileTree tree = new FileTree(loader, scratch, store.toRealPath());
      long startNanos = System.nanoTime();
      walk(tree);
      loader.finish();
      opened.sync();
      double seconds = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
      tell(map.size(), seconds, loader.skipped() + tree.unreadable());
      say("   file of the store: " + Sizes.show(opened.statistics().pool().deviceBytes()));
    }
  }

  private void walk(FileTree tree) {
    if (directory != null) {
      tree.walk(directory);
    } else {
      tree.walk(jdk());
      tree.walkRuntimeImage();
    }
  }

  private static Path jdk() {
    return Path.of(System.getProperty("java.home"));
  }

  private void tell(long count, double seconds, long skipped) {
    if (count == 0) {
      throw new CommandFailure(ExitCode.NO, "there are no files below " + directory);
    }
    say(
        String.format(
            Locale.ROOT, "   %,d files listed and stored, and on disk, in %.2f s", count, seconds));
    if (skipped > 0) {
      say(
          "   "
              + Sizes.count(skipped)
              + " left out: not readable, the path over 1023 bytes, or the name, in this locale,"
              + " like another");
    }
  }
}
