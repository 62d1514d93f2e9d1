// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each store does what the measurements take for granted. */
@Tag("once")
final class PeerTest {
  private static final long CACHE_BYTES = 8 << 20;

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void keepsWhatWasPut(PeerKind kind) throws IOException {
    Path store = directory.resolve("a").resolve("store");
    try (Peer peer = kind.open(store, new PeerOptions(false, CACHE_BYTES))) {
      peer.put(bytes("1"), bytes("one"));
      peer.putBatch(
          new byte[][] {bytes("2"), bytes("1")}, new byte[][] {bytes("two"), bytes("one again")});
      peer.commit();
    }
    try (Peer peer = kind.open(store, new PeerOptions(true, CACHE_BYTES))) {
      assertArrayEquals(bytes("one again"), peer.get(bytes("1")));
      assertArrayEquals(bytes("two"), peer.get(bytes("2")));
      assertNull(peer.get(bytes("3")));
      peer.putBatch(new byte[][] {bytes("4")}, new byte[][] {bytes("four")});
      peer.put(bytes("3"), bytes("three"));
      assertArrayEquals(bytes("three"), peer.get(bytes("3")));
    }
    try (Peer peer = kind.open(store, new PeerOptions(true, CACHE_BYTES))) {
      assertArrayEquals(bytes("three"), peer.get(bytes("3")));
      assertArrayEquals(bytes("four"), peer.get(bytes("4")));
    }
  }

  @ParameterizedTest
  @EnumSource
  void hasAVersion(PeerKind kind) {
    assertTrue(Character.isDigit(kind.version().charAt(0)), kind.version());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
