// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.bench.report.Entries;

/** Each store does what the measurements take for granted. */
@Tag("once")
final class PeerTest {
  private static final long CACHE_BYTES = 8 << 20;
  private static final int ENTRIES = 300;
  private static final int BATCH = 100;

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void keepsWhatWasPut(PeerKind kind) throws IOException {
    assumeTrue(kind.hasFiles());
    try (Peer peer = open(kind, false)) {
      load(peer);
      peer.put(Entries.key(1), Entries.value(1, 1));
      peer.commit();
    }
    try (Peer peer = open(kind, false)) {
      assertArrayEquals(Entries.value(1, 1), peer.get(Entries.key(1)));
      assertArrayEquals(Entries.value(2, 0), peer.get(Entries.key(2)));
      assertNull(peer.get(Entries.key(ENTRIES)));
      checkScan(peer, 0, ENTRIES);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsWhatWasDurable(PeerKind kind) throws IOException {
    assumeTrue(kind.canBeDurable());
    try (Peer peer = open(kind, true)) {
      peer.putBatch(new byte[][] {Entries.key(4)}, new byte[][] {Entries.value(4, 0)});
      peer.put(Entries.key(3), Entries.value(3, 0));
      assertArrayEquals(Entries.value(3, 0), peer.get(Entries.key(3)));
      peer.remove(Entries.key(4));
    }
    try (Peer peer = open(kind, true)) {
      assertArrayEquals(Entries.value(3, 0), peer.get(Entries.key(3)));
      assertNull(peer.get(Entries.key(4)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void getsWithArraysOfTheCaller(PeerKind kind) throws IOException {
    byte[] key = new byte[Entries.KEY_BYTES];
    byte[] destination = new byte[Entries.VALUE_BYTES];
    try (Peer peer = open(kind, false)) {
      load(peer);
      for (int number : new int[] {5, 0, ENTRIES - 1}) {
        Entries.key(number, key);
        assertEquals(Entries.VALUE_BYTES, peer.get(key, destination));
        assertArrayEquals(Entries.value(number, 0), destination);
      }
      Entries.key(ENTRIES, key);
      assertEquals(-1, peer.get(key, destination));
      assertNull(peer.get(key));
    }
  }

  @ParameterizedTest
  @EnumSource
  void removesAndCompacts(PeerKind kind) throws IOException {
    try (Peer peer = open(kind, false)) {
      load(peer);
      byte[] key = Entries.key(0);
      peer.remove(key);
      Entries.key(ENTRIES, key);
      peer.remove(key);
      byte[][] keys = new byte[BATCH - 1][];
      for (int i = 1; i < BATCH; i++) {
        keys[i - 1] = Entries.key(i);
      }
      peer.removeBatch(keys);
      assertNull(peer.get(Entries.key(0)));
      assertNull(peer.get(Entries.key(BATCH - 1)));
      checkScan(peer, BATCH, ENTRIES);
      if (kind != PeerKind.XODUS) {
        // That one waits some seconds for its cleaner.
        peer.compact();
      }
      assertArrayEquals(Entries.value(BATCH, 0), peer.get(Entries.key(BATCH)));
    }
    if (kind.hasFiles()) {
      try (Peer peer = open(kind, false)) {
        checkScan(peer, BATCH, ENTRIES);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void hasAVersion(PeerKind kind) {
    assertTrue(Character.isDigit(kind.version().charAt(0)), kind.version());
  }

  private Peer open(PeerKind kind, boolean durable) throws IOException {
    return kind.open(
        directory.resolve("a").resolve("store"),
        new PeerOptions(durable, CACHE_BYTES, ENTRIES, Entries.VALUE_BYTES));
  }

  private static void load(Peer peer) {
    for (int at = 0; at < ENTRIES; at += BATCH) {
      byte[][] keys = new byte[BATCH][];
      byte[][] values = new byte[BATCH][];
      for (int i = 0; i < BATCH; i++) {
        keys[i] = Entries.key(at + i);
        values[i] = Entries.value(at + i, 0);
      }
      peer.putBatch(keys, values);
    }
  }

  private static void checkScan(Peer peer, int begin, int end) {
    ScanVisitor visitor = new ScanVisitor();
    peer.scan(visitor);
    long marks = 0;
    for (int i = begin; i < end; i++) {
      marks += Entries.mark(i);
    }
    assertEquals(end - begin, visitor.entries());
    assertEquals(marks, visitor.marks());
  }
}
