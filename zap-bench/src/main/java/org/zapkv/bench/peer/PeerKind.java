// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;

/** The stores that can be measured, with the settings they are measured with. */
public enum PeerKind {
  /** The store of this project. */
  ZAP("Zap", ZapPeer.SETTINGS),

  /** Log-structured merge tree, C++ behind JNI. */
  ROCKSDB("RocksDB", RocksPeer.SETTINGS),

  /** Copy-on-write B+tree in a mapped file, C behind JNR. */
  LMDB("LMDB", LmdbPeer.SETTINGS),

  /** Copy-on-write B+tree in chunks that are appended, Java. */
  MVSTORE("MVStore", MvStorePeer.SETTINGS);

  private final String title;
  private final String settings;

  PeerKind(String title, String settings) {
    this.title = title;
    this.settings = settings;
  }

  /**
   * Opens a store, or creates it.
   *
   * @param directory where it is; created if it does not exist
   * @param options how it is opened
   * @return the open store
   * @throws IOException if the directory cannot be created
   */
  public Peer open(Path directory, PeerOptions options) throws IOException {
    Files.createDirectories(directory);
    return switch (this) {
      case ZAP -> new ZapPeer(directory, options);
      case ROCKSDB -> new RocksPeer(directory, options);
      case LMDB -> new LmdbPeer(directory, options);
      case MVSTORE -> new MvStorePeer(directory, options);
    };
  }

  /**
   * What the reports call it.
   *
   * @return the name
   */
  public String title() {
    return title;
  }

  /**
   * The version of its library.
   *
   * @return the version, as Maven has it
   */
  public String version() {
    Properties versions = new Properties();
    try (InputStream in =
        Objects.requireNonNull(PeerKind.class.getResourceAsStream("versions.properties"))) {
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return versions.getProperty(name().toLowerCase(Locale.ROOT));
  }

  /**
   * What the JVM has to be told for it to work.
   *
   * @return the flags
   */
  public List<String> jvmFlags() {
    return this != LMDB
        ? List.of()
        : List.of(
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
  }

  /**
   * The settings it is measured with.
   *
   * @return a sentence or two
   */
  public String settings() {
    return settings;
  }
}
