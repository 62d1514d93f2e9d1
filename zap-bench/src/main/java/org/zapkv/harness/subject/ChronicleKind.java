// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Chronicle Map. */
public final class ChronicleKind implements StoreKind {
  private static final List<String> JVM_FLAGS =
      List.of(
          "-Dchronicle.analytics.disable=true",
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
          "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
          "--add-opens=java.base/java.io=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
          "--add-opens=java.base/java.util=ALL-UNNAMED");

  /** Opens Chronicle Map. */
  public ChronicleKind() {}

  @Override
  public String title() {
    return "Chronicle Map";
  }

  @Override
  public String settings() {
    return "persisted in a file for 100,000 entries of some 400 bytes, with checksums of entries;"
        + " opened by `recoverPersistedTo`; maps are prefixes of keys; a scan is a copy made at its beginning";
  }

  @Override
  public String promise() {
    return "what was put is in the page cache, so outlives the process; nothing is flushed, so a loss of"
        + " power may lose anything; after a crash `recoverPersistedTo` removes the entries that are"
        + " broken, by their checksums (Chronicle Map tutorial, \"Recovery\", and Javadoc of"
        + " `ChronicleHashBuilder.recoverPersistedTo`). It has no transactions";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SURVIVES_KILL);
  }

  @Override
  public List<String> jvmFlags() {
    return JVM_FLAGS;
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new ChronicleSubject(path, options);
  }
}
