// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import org.zapkv.store.ZapMap;
import org.zapkv.zap.ZapStatistics;

/** Puts files into a map and into a listing, and tells how the map grows. */
final class DemoLoader implements FileTree.Visitor {
  private static final int MICRO_KEY_BYTES = 49;

  /** After the first entry growth is told of from here on, at each doubling. */
  private static final int FIRST_DOUBLING = 64;

  private final ZapMap map;
  private final Output listing;
  private final Consumer<String> say;
  private boolean micro = true;
  private long count;
  private long skipped;
  private long nextReport = 1;

  DemoLoader(ZapMap map, Output listing, Consumer<String> say) {
    this.map = map;
    this.listing = listing;
    this.say = say;
  }

  @Override
  public void file(String name, long sizeBytes) {
    byte[] key = name.getBytes(StandardCharsets.UTF_8);
    // Two names can read the same where the locale does not know their characters.
    if (key.length > ZapMap.MAX_KEY_BYTES || map.containsKey(key)) {
      skipped++;
      return;
    }
    map.putLong(key, sizeBytes);
    Escapes.write(key, listing);
    listing.println("\t" + sizeBytes);
    count++;
    if (micro || count == nextReport) {
      look(key);
    }
  }

  private void look(byte[] key) {
    ZapStatistics shape = map.statistics();
    if (micro && !shape.micro()) {
      micro = false;
      report("becomes fat: " + reason(key));
    }
    if (count == nextReport) {
      report(describe(shape));
      nextReport = Math.max(FIRST_DOUBLING, 2 * nextReport);
    }
  }

  private static String reason(byte[] key) {
    return key.length > MICRO_KEY_BYTES
        ? "a key of " + key.length + " bytes, where micro holds up to " + MICRO_KEY_BYTES
        : "micro is full";
  }

  private static String describe(ZapStatistics shape) {
    String blockSize = Sizes.show(shape.blockSizeBytes());
    if (shape.micro()) {
      return "micro, one block of " + blockSize;
    }
    return String.format(
        Locale.ROOT,
        "fat, %,d %s of %s, pointer table of %,d, %s",
        shape.leafCount(),
        shape.leafCount() == 1 ? "leaf" : "leaves",
        blockSize,
        shape.tableLength(),
        shape.tableFirstBlock() == 0 ? "embedded" : "external");
  }

  private void report(String text) {
    say.accept(String.format(Locale.ROOT, "   %,9d  %s", count, text));
  }

  /** Tells of the end, and completes the listing. */
  void finish() {
    report(describe(map.statistics()));
    listing.flush();
  }

  long skipped() {
    return skipped;
  }
}
