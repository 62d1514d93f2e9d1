// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.Normalization;
import org.zapkv.zap.ShrinkPolicy;
import org.zapkv.zap.ZapFlag;
import org.zapkv.zap.ZapParameters;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands that make an image have in common: where it goes, and what it is like. */
abstract class ImageWriteCommand implements Callable<Integer> {
  private static final int DEFAULT_BLOCK_BYTES = 16384;

  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "Where the image goes: there whole, or as it was; - is standard output.")
  private String target;

  @Option(
      names = "--salt",
      paramLabel = "HEX",
      required = true,
      converter = Salt.class,
      description = "What hashing starts from: 1 to 16 hexadecimal digits, odd.")
  private long salt;

  @Option(
      names = "--normflags",
      paramLabel = "N",
      defaultValue = "0",
      converter = Numbers.class,
      description =
          "Names that are variants of one another: the sum of TOUPPER 2 or TOLOWER 4, and NFD 0x10,"
              + " NFC 0x50, NFKD 0x20 or NFKC 0x60 (default 0: none).")
  private int normflags;

  @Option(
      names = "--flags",
      paramLabel = "N",
      defaultValue = "0",
      converter = Numbers.class,
      description =
          "The sum of HASH64 1, UINT64_KEY 2 and PRE_HASHED_KEY 4 (default 0). With any of them the"
              + " object is fat from birth; without, it starts as a micro object of 512 bytes and"
              + " becomes fat, with blocks of 16384 bytes, when it has to.")
  private int flags;

  @Option(
      names = "--block-size",
      paramLabel = "N",
      converter = Numbers.class,
      description =
          "Bytes in a block of an object with flags: a power of two, 512 to 1048576 (default"
              + " 16384). Of no meaning without flags.")
  private @Nullable Integer blockSizeBytes;

  @Option(
      names = "--micro-max",
      paramLabel = "N",
      defaultValue = "131072",
      converter = Numbers.class,
      description =
          "The largest block of a micro object in bytes, 512 to 1048576 (default"
              + " ${DEFAULT-VALUE}).")
  private int microMaxBytes;

  @Option(
      names = "--object-type",
      paramLabel = "dir",
      converter = ImageObjectType.Converter.class,
      description =
          "Make a directory: names have up to 1023 bytes; those of other objects up to 255.")
  private @Nullable ImageObjectType type;

  ImageWriteCommand(Streams streams) {
    this.streams = streams;
  }

  Streams streams() {
    return streams;
  }

  @Override
  public final Integer call() {
    ZapParameters parameters = parameters();
    OutputFile out = OutputFile.of(target, streams);
    try (ImageLines lines = ImageLines.open(input(), streams);
        ImageTarget image = new ImageTarget(parameters, (flags & ZapFlag.UINT64_KEY.bit()) != 0)) {
      try (Progress progress = streams.progress(spec.name(), lines.sizeBytes())) {
        while (lines.next()) {
          image.makeRoom();
          run(lines, image);
          progress.to(lines.consumedBytes());
        }
      }
      image.sync();
      out.write(image::writeTo);
    }
    return finish();
  }

  /** The file with the lines. */
  abstract String input();

  /** Does what a line says. */
  abstract void run(ImageLines line, ImageTarget image);

  /** After the image was written: tells the user; returns the exit code. */
  abstract int finish();

  private ZapParameters parameters() {
    return ZapParameters.DEFAULT
        .withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL)
        .withSaltSource(() -> salt)
        .withNormalization(normalization())
        .withFlags(flags())
        .withFatBlockShift(fatBlockShift())
        .withMicroMaxBytes(microMaxBytes())
        .withMaxKeyBytes(ImageObjectType.of(type).maxNameBytes());
  }

  private Normalization normalization() {
    try {
      return Normalization.of(normflags);
    } catch (IllegalArgumentException e) {
      throw usage("--normflags: " + e.getMessage());
    }
  }

  private Set<ZapFlag> flags() {
    Set<ZapFlag> set = EnumSet.noneOf(ZapFlag.class);
    int rest = flags;
    for (ZapFlag flag : ZapFlag.values()) {
      if ((flags & flag.bit()) != 0) {
        set.add(flag);
        rest -= flag.bit();
      }
    }
    if (rest != 0) {
      throw usage("--flags: the sum of some of 1, 2 and 4, not " + flags);
    }
    if (set.contains(ZapFlag.PRE_HASHED_KEY) && !set.contains(ZapFlag.UINT64_KEY)) {
      throw usage("--flags: PRE_HASHED_KEY (4) needs UINT64_KEY (2) too");
    }
    if (normflags != 0 && set.contains(ZapFlag.UINT64_KEY)) {
      throw usage("--normflags: with UINT64_KEY (2) in --flags keys are words, which have none");
    }
    return set;
  }

  private int fatBlockShift() {
    int bytes = flags == 0 || blockSizeBytes == null ? DEFAULT_BLOCK_BYTES : blockSizeBytes;
    if (bytes < 512 || bytes > 1 << 20 || Integer.bitCount(bytes) != 1) {
      throw usage("--block-size: a power of two, 512 to 1048576, not " + bytes);
    }
    return Integer.numberOfTrailingZeros(bytes);
  }

  private int microMaxBytes() {
    if (microMaxBytes < 512 || microMaxBytes > 1 << 20) {
      throw usage("--micro-max: 512 to 1048576, not " + microMaxBytes);
    }
    return microMaxBytes;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
