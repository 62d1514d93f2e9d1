// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/** That MVStore is used as it asks for: what a walk reads is kept for it. */
@Tag("once")
final class MvStoreWalkTest {
  private static final int KEYS = 2000;
  private static final int ROUNDS = 12;

  @TempDir Path directory;

  private static byte[] value(int round) {
    byte[] value = new byte[200];
    Arrays.fill(value, (byte) round);
    return value;
  }

  private static void write(Subject subject, int round) {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      changes.add(new Change("a", ("k" + i).getBytes(StandardCharsets.UTF_8), value(round)));
    }
    subject.commit(changes, Promise.DURABLE);
  }

  @Test
  void aWalkOverAStoreThatIsWrittenAndCompactedGoesToItsEnd() {
    OpenOptions options = new OpenOptions(0, false, 16 << 10, 1000, 0);
    try (Subject subject = new MvStoreSubject(directory, options)) {
      write(subject, 0);
      try (Scan scan = subject.scan("a", 0)) {
        assertNotNull(scan.next());
        for (int round = 1; round < ROUNDS; round++) {
          write(subject, round);
          subject.compact();
        }
        int seen = 1;
        for (Entry entry = scan.next(); entry != null; entry = scan.next()) {
          assertEquals(200, entry.value().length);
          seen++;
        }
        assertEquals(KEYS, seen);
      }
      assertArrayEquals(value(ROUNDS - 1), subject.get("a", "k0".getBytes(StandardCharsets.UTF_8)));
    }
  }
}
