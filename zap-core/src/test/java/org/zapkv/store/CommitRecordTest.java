// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.error.CorruptException;

class CommitRecordTest {
  private final ZapStore store = ZapStore.inMemory();
  private final ZapMap a = store.map("a");
  private final ZapMap other = store.map("another map, \u00e4\u20ac\ud83d\ude00");

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] joined(byte[][] parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static List<Change> applied(Change... changes) {
    for (Change change : changes) {
      change.applied();
    }
    return List.of(changes);
  }

  private List<Change> someOfEach() {
    return applied(
        Change.put(new MapKey(a, new byte[0]), new byte[0]),
        Change.put(new MapKey(a, new byte[ZapMap.MAX_KEY_BYTES]), new byte[] {1, 2, 3}),
        Change.putLong(new MapKey(a, new byte[] {0}), Long.MIN_VALUE),
        Change.remove(new MapKey(other, new byte[] {-1, 0, 1})),
        Change.put(new MapKey(other, new byte[] {7}), new byte[100_000]),
        Change.putLong(new MapKey(other, new byte[] {8}), 42));
  }

  @Test
  void whatIsWrittenIsRead() {
    List<Change> changes = someOfEach();
    byte[] payload = joined(CommitRecord.encode(CommitRecord.Kind.PART, 77, changes));
    assertEquals(CommitRecord.sizeBytes(changes), payload.length);
    CommitRecord record = CommitRecord.decode(5, payload);
    assertEquals(CommitRecord.Kind.PART, record.kind());
    assertEquals(77, record.batch());
    assertEquals(changes.size(), record.operations().size());
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      CommitRecord.Operation operation = record.operations().get(i);
      assertEquals(change.key.map.name(), operation.map());
      Change again = operation.on(change.key.map);
      assertEquals(change.key, again.key);
      assertEquals(change.kind, again.kind);
      assertArrayEquals(change.value, again.value);
      assertEquals(change.number, again.number);
    }
  }

  @Test
  void theBytesAreThoseOfTheLayout() {
    byte[] payload =
        joined(
            CommitRecord.encode(
                CommitRecord.Kind.WHOLE,
                0,
                applied(
                    Change.put(new MapKey(a, new byte[] {'k'}), new byte[] {'v', 'w'}),
                    Change.putLong(new MapKey(a, new byte[] {'l'}), 258),
                    Change.remove(new MapKey(a, new byte[] {'r'})))));
    byte[] expected = {
      1, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
      1, 'a', //
      1, 0, 1, 0, 2, 0, 0, 0, 'k', 'v', 'w', //
      2, 0, 1, 0, 8, 0, 0, 0, 'l', 2, 1, 0, 0, 0, 0, 0, 0, //
      3, 0, 1, 0, 0, 0, 0, 0, 'r'
    };
    assertArrayEquals(expected, payload);
  }

  @Test
  void aLargeValueIsNotCopied() {
    byte[] value = new byte[1 << 20];
    byte[][] parts =
        CommitRecord.encode(
            CommitRecord.Kind.WHOLE, 0, applied(Change.put(new MapKey(a, new byte[3]), value)));
    assertEquals(2, parts.length);
    assertSame(value, parts[1]);
  }

  @Test
  void whatChangedNothingIsNotRecorded() {
    Change nothing = Change.remove(new MapKey(a, new byte[] {1}));
    assertEquals(0, CommitRecord.encode(CommitRecord.Kind.WHOLE, 0, List.of(nothing)).length);
    Change put = Change.putLong(new MapKey(other, new byte[] {2}), 3);
    put.applied();
    byte[] payload = joined(CommitRecord.encode(CommitRecord.Kind.WHOLE, 0, List.of(nothing, put)));
    CommitRecord record = CommitRecord.decode(1, payload);
    assertEquals(1, record.operations().size());
    assertEquals(other.name(), record.operations().get(0).map());
  }

  @Test
  void theMostMapsThereCanBe() {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < CommitRecord.MAX_OPERATIONS; i++) {
      changes.add(Change.putLong(new MapKey(store.map("map " + i), new byte[] {1}), i));
    }
    changes.forEach(Change::applied);
    byte[] payload = joined(CommitRecord.encode(CommitRecord.Kind.WHOLE, 0, changes));
    CommitRecord record = CommitRecord.decode(1, payload);
    for (int i = 0; i < changes.size(); i++) {
      assertEquals("map " + i, record.operations().get(i).map());
      assertEquals(i, record.operations().get(i).on(changes.get(i).key.map).number);
    }
  }

  @Test
  void theEndOfABatch() {
    byte[] payload = joined(CommitRecord.encodeEnd(9));
    assertEquals(CommitRecord.END_BYTES, payload.length);
    CommitRecord record = CommitRecord.decode(1, payload);
    assertEquals(new CommitRecord(CommitRecord.Kind.END, 9, List.of()), record);
  }

  /** Bytes of the record in theBytesAreThoseOfTheLayout, one of which is changed. */
  @ParameterizedTest
  @CsvSource({
    "0,0", "0,2", "0,3", "0,4", "1,1", "2,0", "2,2", "2,4", "4,0", "4,2", "4,4", "5,1", "8,1",
    "16,0", "16,2", "17,-1", "18,0", "18,4", "19,1", "20,2", "21,4", "22,3", "22,1", "25,-1",
    "33,7", "33,9", "50,1"
  })
  void noOtherBytesAreACommit(int offset, byte value) {
    byte[] payload =
        joined(
            CommitRecord.encode(
                CommitRecord.Kind.WHOLE,
                0,
                applied(
                    Change.put(new MapKey(a, new byte[] {'k'}), new byte[] {'v', 'w'}),
                    Change.putLong(new MapKey(a, new byte[] {'l'}), 258),
                    Change.remove(new MapKey(a, new byte[] {'r'})))));
    payload[offset] = value;
    CorruptException e =
        assertThrows(CorruptException.class, () -> CommitRecord.decode(1234, payload));
    assertTrue(e.getMessage().contains("record 1234 of the intent log"), e.getMessage());
  }

  @Test
  void aRecordThatIsCutOffOrTooLongIsNone() {
    byte[] payload = joined(CommitRecord.encode(CommitRecord.Kind.WHOLE, 0, someOfEach()));
    for (int length = 0; length < 1200; length++) {
      byte[] cut = Arrays.copyOf(payload, length);
      assertThrows(CorruptException.class, () -> CommitRecord.decode(1, cut));
    }
    for (int length : new int[] {payload.length - 1, payload.length + 1}) {
      byte[] other = Arrays.copyOf(payload, length);
      assertThrows(CorruptException.class, () -> CommitRecord.decode(1, other));
    }
  }

  @Test
  void randomBytesAreReadOrRefused() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    byte[] payload = joined(CommitRecord.encode(CommitRecord.Kind.WHOLE, 0, someOfEach()));
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = Arrays.copyOf(payload, 16 + random.nextInt(1200));
      changed[random.nextInt(Math.min(changed.length, 60))] = (byte) random.nextInt();
      try {
        CommitRecord.decode(i, changed);
      } catch (CorruptException e) {
        // Refused: what is asserted is that nothing else is thrown.
      } catch (RuntimeException e) {
        throw new AssertionError("-Dzap.seed=" + seed + " i=" + i, e);
      }
    }
  }
}
