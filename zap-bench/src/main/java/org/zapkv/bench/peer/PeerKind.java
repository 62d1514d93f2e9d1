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

  /** Chained buckets on the heap, without a file. */
  HASHMAP("ConcurrentHashMap", HashMapPeer.SETTINGS),

  /** Hash table of a fixed size in a mapped file, Java. */
  CHRONICLE("Chronicle Map", ChroniclePeer.SETTINGS),

  /** Tree of hash codes in a mapped file, Java. */
  MAPDB("MapDB", MapDbPeer.SETTINGS),

  /** Log-structured merge tree, C++ behind JNI. */
  ROCKSDB("RocksDB", RocksPeer.SETTINGS),

  /** Copy-on-write B+tree in a mapped file, C behind JNR. */
  LMDB("LMDB", LmdbPeer.SETTINGS),

  /** Copy-on-write B+tree in chunks that are appended, Java. */
  MVSTORE("MVStore", MvStorePeer.SETTINGS),

  /** B+tree in an append-only log, Java. */
  XODUS("Xodus", XodusPeer.SETTINGS);

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
      case HASHMAP -> new HashMapPeer();
      case CHRONICLE -> new ChroniclePeer(directory, options);
      case MAPDB -> new MapDbPeer(directory, options);
      case ROCKSDB -> new RocksPeer(directory, options);
      case LMDB -> new LmdbPeer(directory, options);
      case MVSTORE -> new MvStorePeer(directory, options);
      case XODUS -> new XodusPeer(directory, options);
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
    if (this == HASHMAP) {
      return Runtime.version().toString();
    }
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
    return switch (this) {
      case LMDB -> LmdbPeer.JVM_FLAGS;
      case CHRONICLE -> ChroniclePeer.JVM_FLAGS;
      default -> List.of();
    };
  }

  /**
   * Whether it has what was put when it is opened again.
   *
   * @return false for a map on the heap
   */
  public boolean hasFiles() {
    return this != HASHMAP;
  }

  /**
   * Whether it can say that a put is on disk.
   *
   * @return false for those that only ever leave that to the system
   */
  public boolean canBeDurable() {
    return this != HASHMAP && this != CHRONICLE;
  }

  /**
   * Whether its files can be made smaller.
   *
   * @return false for those that cannot, or have none
   */
  public boolean canCompact() {
    return this != HASHMAP && this != CHRONICLE;
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
