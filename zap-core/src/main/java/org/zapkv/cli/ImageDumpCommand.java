// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.jspecify.annotations.Nullable;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "dump",
    description = "Prints the entries of an image, a line each, in the order of their hashes.",
    footer = {
      "",
      "The fields of a line, with tabs between them:",
      "  name     in hexadecimal digits, without the NUL at its end; for keys that are",
      "           64-bit words each word with its most significant byte first",
      "  length   the size of the value's integers in bytes: 1, 2, 4 or 8",
      "  count    how many integers the value has",
      "  value    the integers, in hexadecimal digits, most significant byte first",
      "  cd       what tells names with one hash apart",
      "  hash     16 hexadecimal digits",
      "  cookie   the cursor's position on the entry, hexadecimal",
      "'zap image build' reads that. At damage the dump ends with exit code 2; the",
      "lines up to there are printed.",
      "",
      "Example:",
      "  zap image dump --block-size 512 map.zap"
    })
final class ImageDumpCommand extends ImageReadCommand {
  /** So many bits of a hash show how far the walk is. */
  private static final int PROGRESS_BITS = 20;

  private static final int HASH_DIGITS = 16;

  @Option(
      names = "--object-type",
      paramLabel = "dir",
      converter = ImageObjectType.Converter.class,
      description =
          "The image is of a directory, whose names have up to 1023 bytes. In any other a name"
              + " over 255 bytes is damage: it is printed, and the exit code is 2.")
  private @Nullable ImageObjectType type;

  ImageDumpCommand(Streams streams) {
    super(streams);
  }

  @Override
  int use(ImageFile image) {
    int maxNameBytes = ImageObjectType.of(type).maxNameBytes();
    long tooLong = 0;
    try (ZapCursor cursor = image.zap().cursor();
        Progress progress = streams().progress("dump", image.sizeBytes())) {
      while (cursor.next()) {
        print(cursor);
        tooLong += cursor.key().length > maxNameBytes ? 1 : 0;
        long done = (cursor.hash() >>> (Long.SIZE - PROGRESS_BITS)) * image.sizeBytes();
        progress.to(done >>> PROGRESS_BITS);
      }
    }
    return tooLong == 0 ? ExitCode.OK : damaged(longNames(tooLong));
  }

  private static String longNames(long count) {
    return Sizes.count(count)
        + " names have more than 255 bytes, which only those of a directory may: is it one"
        + " (--object-type dir)?";
  }

  private void print(ZapCursor cursor) {
    ZapValue value = cursor.value();
    Hex.write(cursor.key(), out());
    out().print("\t" + value.integerBytes() + "\t" + value.count() + "\t");
    Hex.write(value.bytes(), out());
    out().print("\t" + Integer.toUnsignedLong(cursor.cd()));
    String hash = Long.toHexString(cursor.hash());
    out().print("\t" + "0".repeat(HASH_DIGITS - hash.length()) + hash);
    out().println("\t" + Long.toHexString(cursor.cookie()));
  }
}
