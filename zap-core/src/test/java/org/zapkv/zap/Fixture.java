// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** A map that OpenZFS wrote: its image, what is in it, and the operations that made it. */
public final class Fixture {
  private static final String DESCRIPTION = ".json";
  private static final String SWAPPED = ".be.zap";

  private final Path folder;
  private final String name;
  private final Map<String, Object> description;

  private Fixture(Path folder, String name) {
    this.folder = folder;
    this.name = name;
    this.description = Json.parseObject(text(DESCRIPTION));
  }

  /** All fixtures: those in the test resources, and the full set where it is. */
  public static List<Fixture> all() {
    Map<String, Fixture> fixtures = new TreeMap<>();
    for (Path folder : List.of(resources(), shared())) {
      if (Files.isDirectory(folder)) {
        names(folder).forEach(name -> fixtures.put(name, new Fixture(folder, name)));
      }
    }
    return List.copyOf(fixtures.values());
  }

  private static Path resources() {
    return Path.of("src", "test", "resources", "org", "zapkv", "zap", "openzfs");
  }

  private static Path shared() {
    return Path.of(System.getProperty("zap.shared", "absent"), "fixtures", "openzfs");
  }

  public static boolean isFullSet() {
    return Files.isDirectory(shared());
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(DESCRIPTION) || file.endsWith(DESCRIPTION + ".gz"))
          .map(file -> file.substring(0, file.indexOf('.')))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of its files, packed if its name ends in .gz; there may be none. */
  public Path file(String suffix) {
    Path plain = folder.resolve(name + suffix);
    return Files.exists(plain) ? plain : folder.resolve(name + suffix + ".gz");
  }

  private byte[] bytes(String suffix) {
    Path file = file(suffix);
    try {
      byte[] packed = Files.readAllBytes(file);
      if (!file.toString().endsWith(".gz")) {
        return packed;
      }
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
        return in.readAllBytes();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text(String suffix) {
    return new String(bytes(suffix), StandardCharsets.UTF_8);
  }

  public String name() {
    return name;
  }

  public byte[] image() {
    return bytes(".zap");
  }

  /** Whether there is the same image as a machine of the other byte order writes it. */
  boolean isSwappedToo() {
    return Files.exists(folder.resolve(name + SWAPPED))
        || Files.exists(folder.resolve(name + SWAPPED + ".gz"));
  }

  byte[] swappedImage() {
    return bytes(SWAPPED);
  }

  /** The operations, each split into its fields. */
  List<String[]> operations() {
    return text(".ops.tsv").lines().map(line -> line.split("\t", -1)).toList();
  }

  public long number(String key) {
    return ((Number) description.get(key)).longValue();
  }

  public boolean isMicro() {
    return (Boolean) description.get("is_micro");
  }

  public long salt() {
    return Long.parseUnsignedLong((String) description.get("salt"), 16);
  }

  public List<Map<String, Object>> entries() {
    return list("entries");
  }

  /** Lookups of variants; none where keys are not normalised. */
  List<Map<String, Object>> lookups() {
    return description.containsKey("lookups") ? list("lookups") : List.of();
  }

  @SuppressWarnings("unchecked")
  private List<Map<String, Object>> list(String key) {
    return (List<Map<String, Object>>) description.get(key);
  }

  /** How the map that is in the fixture was made. */
  ZapParameters parameters() {
    int flags = (int) number("zap_flags");
    ZapParameters parameters =
        ZapParameters.DEFAULT
            .withSaltSource(this::salt)
            .withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL)
            .withFlagBits(flags)
            .withNormalization(Normalization.of(number("normflags")))
            .withMaxKeyBytes(number("object_type") == 20 ? 1023 : 255);
    if (name.equals("micro-256k")) {
      parameters = parameters.withMicroMaxBytes(1 << 20);
    }
    if (flags != 0) {
      int shift = Long.numberOfTrailingZeros(number("block_size"));
      parameters = parameters.withFatBlockShift(shift);
    }
    return parameters;
  }

  @Override
  public String toString() {
    return name;
  }
}
