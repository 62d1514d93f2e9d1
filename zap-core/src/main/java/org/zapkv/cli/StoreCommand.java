// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;
import picocli.CommandLine.Option;

/** What the commands that open a store have in common; what they do shows in zap top. */
abstract class StoreCommand extends StorePathCommand {
  @Option(
      names = "--cache",
      paramLabel = "SIZE",
      converter = Sizes.class,
      description =
          "Memory for blocks, outside the Java heap, such as 64m (default 256m, least 4m).")
  private @Nullable Long cacheBytes;

  @Option(
      names = "--direct",
      description =
          "Go past the page cache of the system; good with a --cache that is large against the"
              + " store.")
  private boolean direct;

  @Option(
      names = "--accept-log-loss",
      description =
          "Open the store although its intent log is damaged or gone: commits that are only there"
              + " are given up for good.")
  private boolean acceptLogLoss;

  StoreCommand(Streams streams) {
    super(streams);
  }

  /** Opens the store, which has to be there, for reading: others may, too, and nothing changes. */
  ZapStore openToRead() {
    return builder().readOnly(true).open(storePath());
  }

  /** Opens the store, which has to be there. */
  ZapStore openExisting() {
    return builder().createIfMissing(false).open(storePath());
  }

  /** Opens the store, or creates it. */
  ZapStore openOrCreate() {
    return builder().open(storePath());
  }

  /** A builder with the options of the command line. */
  ZapStoreBuilder builder() {
    ZapStoreBuilder builder =
        ZapStore.builder().directIo(direct).acceptLogLoss(acceptLogLoss).publishStatistics(true);
    if (cacheBytes == null) {
      return builder;
    }
    if (cacheBytes < ZapStoreBuilder.MIN_CACHE_BYTES) {
      throw usage("--cache: a store needs at least 4m");
    }
    return builder.cacheBytes(cacheBytes);
  }

  /** Checks the name of a map that may be created. */
  void checkMapName(String name) {
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > ZapMap.MAX_NAME_BYTES) {
      throw usage(
          "MAP: the name of a map has 1 to " + ZapMap.MAX_NAME_BYTES + " bytes, not " + length);
    }
    checkEncoding("MAP", name);
  }

  /**
   * An argument that the locale could not express has lost what it was: better none than another.
   */
  void checkEncoding(String what, String argument) {
    if (argument.indexOf('\uFFFD') >= 0) {
      throw usage(
          what
              + ": not readable in the encoding of your locale;"
              + " set LC_ALL=C.UTF-8, or use --hex where there is one");
    }
  }
}
