// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;

/**
 * A record of the intent log, see {@link CommitRecordLayout}.
 *
 * @param kind what it records
 * @param batch the batch that it is a part or the end of; 0 for a whole commit
 * @param operations what was done, in order
 */
record CommitRecord(Kind kind, long batch, List<Operation> operations) {
  /** The most operations of one record. */
  static final int MAX_OPERATIONS = CommitRecordLayout.MAX_OPERATIONS;

  /** The length of the record that ends a batch. */
  static final int END_BYTES = CommitRecordLayout.HEADER_BYTES;

  /** A value from here on is a part of its own, so that it is copied only into the log. */
  private static final int OWN_PART_BYTES = 8192;

  enum Kind {
    WHOLE(1),
    PART(2),
    END(3);

    final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }
  }

  /** What was done to one key of the map of a name: as in {@link Change}. */
  static final class Operation {
    private final String map;
    private final Change.Kind kind;
    private final byte[] key;
    private final byte @Nullable [] value;
    private final long number;

    Operation(String map, Change.Kind kind, byte[] key, byte @Nullable [] value, long number) {
      this.map = map;
      this.kind = kind;
      this.key = key;
      this.value = value;
      this.number = number;
    }

    String map() {
      return map;
    }

    byte[] key() {
      return key;
    }

    /** The change that does it again. */
    Change on(ZapMap resolved) {
      MapKey mapKey = new MapKey(resolved, key);
      if (kind == Change.Kind.REMOVE) {
        return Change.remove(mapKey);
      }
      return value == null ? Change.putLong(mapKey, number) : Change.put(mapKey, value);
    }
  }

  /** How long a record of these changes is. Those of one map are next to each other. */
  static long sizeBytes(List<Change> changes) {
    long bytes = CommitRecordLayout.HEADER_BYTES;
    ZapMap map = null;
    for (Change change : changes) {
      if (change.key.map != map) {
        map = change.key.map;
        bytes += CommitRecordLayout.NAME_LENGTH_BYTES + map.nameBytes().length;
      }
      bytes += operationBytes(change);
    }
    return bytes;
  }

  private static long operationBytes(Change change) {
    long valueBytes = change.kind == Change.Kind.PUT_LONG ? Long.BYTES : change.valueBytes();
    return CommitRecordLayout.OP_HEADER_BYTES + change.key.bytes.length + valueBytes;
  }

  /** The bytes of a record of those changes that are applied. Nothing if none is. */
  static byte[][] encode(Kind kind, long batch, List<Change> changes) {
    List<Change> applied = changes;
    if (!changes.stream().allMatch(Change::isApplied)) {
      applied = changes.stream().filter(Change::isApplied).toList();
    }
    return applied.isEmpty() ? new byte[0][] : new Encoder(applied).encode(kind, batch);
  }

  /** The bytes of the record that ends a batch. */
  static byte[][] encodeEnd(long batch) {
    return new Encoder(List.of()).encode(Kind.END, batch);
  }

  private static final class Encoder {
    private final List<Change> changes;
    private final List<byte[]> parts = new ArrayList<>();
    private final ByteBuffer buffer;
    private int partStart;

    Encoder(List<Change> changes) {
      this.changes = changes;
      long bytes = sizeBytes(changes);
      for (Change change : changes) {
        bytes -= change.valueBytes() >= OWN_PART_BYTES ? change.valueBytes() : 0;
      }
      this.buffer = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[][] encode(Kind kind, long batch) {
      buffer.put(kind.code).put((byte) 0);
      buffer.putShort((short) mapCount()).putInt(changes.size()).putLong(batch);
      ZapMap map = null;
      for (Change change : changes) {
        if (change.key.map != map) {
          map = change.key.map;
          buffer.put((byte) map.nameBytes().length).put(map.nameBytes());
        }
      }
      putOperations();
      endPart();
      return parts.toArray(byte[][]::new);
    }

    private int mapCount() {
      int count = 0;
      ZapMap map = null;
      for (Change change : changes) {
        count += change.key.map == map ? 0 : 1;
        map = change.key.map;
      }
      return count;
    }

    private void putOperations() {
      int mapIndex = -1;
      ZapMap map = null;
      for (Change change : changes) {
        mapIndex += change.key.map == map ? 0 : 1;
        map = change.key.map;
        put(change, mapIndex);
      }
    }

    private void put(Change change, int mapIndex) {
      byte[] key = change.key.bytes;
      buffer.put(change.kind.code).put((byte) mapIndex).putShort((short) key.length);
      byte[] value = change.value;
      if (value != null) {
        buffer.putInt(value.length).put(key);
        putValue(value);
      } else if (change.isRemoval()) {
        buffer.putInt(0).put(key);
      } else {
        buffer.putInt(Long.BYTES).put(key).putLong(change.number);
      }
    }

    private void putValue(byte[] value) {
      if (value.length < OWN_PART_BYTES) {
        buffer.put(value);
      } else {
        endPart();
        parts.add(value);
      }
    }

    private void endPart() {
      int end = buffer.position();
      if (partStart == 0 && end == buffer.capacity()) {
        parts.add(buffer.array());
      } else if (end > partStart) {
        parts.add(Arrays.copyOfRange(buffer.array(), partStart, end));
      }
      partStart = end;
    }
  }

  /**
   * Reads a record.
   *
   * @param sequence its sequence, for messages
   * @param payload its bytes
   * @throws CorruptException if no commit is written so
   */
  static CommitRecord decode(long sequence, byte[] payload) {
    return new Decoder(sequence, payload).decode();
  }

  private static final class Decoder {
    private final long sequence;
    private final ByteBuffer buffer;

    Decoder(long sequence, byte[] payload) {
      this.sequence = sequence;
      this.buffer = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }

    CommitRecord decode() {
      check(buffer.remaining() >= CommitRecordLayout.HEADER_BYTES, "it is shorter than its header");
      Kind kind = kind(buffer.get(CommitRecordLayout.KIND));
      check(buffer.get(CommitRecordLayout.ZERO) == 0, "a byte that is zero is not");
      int mapCount = Short.toUnsignedInt(buffer.getShort(CommitRecordLayout.MAP_COUNT));
      int count = buffer.getInt(CommitRecordLayout.OPERATION_COUNT);
      long batch = buffer.getLong(CommitRecordLayout.BATCH);
      check((kind == Kind.WHOLE) == (batch == 0), "batch=" + batch + " in a record of " + kind);
      boolean isPossible = count > 0 && count <= MAX_OPERATIONS && mapCount > 0;
      check(
          kind == Kind.END ? count == 0 && mapCount == 0 : isPossible && mapCount <= count,
          count + " operations in " + mapCount + " maps in a record of " + kind);
      buffer.position(CommitRecordLayout.HEADER_BYTES);
      List<String> maps = new ArrayList<>(mapCount);
      for (int i = 0; i < mapCount; i++) {
        maps.add(name());
      }
      List<Operation> operations = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        operations.add(operation(maps));
      }
      check(!buffer.hasRemaining(), buffer.remaining() + " bytes are left over");
      return new CommitRecord(kind, batch, List.copyOf(operations));
    }

    private Kind kind(byte code) {
      for (Kind kind : Kind.values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw corrupt("kind=" + code);
    }

    private String name() {
      byte[] name = bytes(Byte.toUnsignedInt(checkLeft(1).get()));
      check(name.length > 0, "a map has an empty name");
      try {
        return UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
      } catch (CharacterCodingException e) {
        throw corrupt("the name of a map, " + Keys.show(name) + ", is not UTF-8");
      }
    }

    private Operation operation(List<String> maps) {
      checkLeft(CommitRecordLayout.OP_HEADER_BYTES);
      Change.Kind kind = changeKind(buffer.get());
      int map = Byte.toUnsignedInt(buffer.get());
      int keyBytes = Short.toUnsignedInt(buffer.getShort());
      int valueBytes = buffer.getInt();
      if (map >= maps.size() || keyBytes > ZapMap.MAX_KEY_BYTES || !isLength(kind, valueBytes)) {
        throw corrupt(
            "map="
                + map
                + " of "
                + maps.size()
                + ", "
                + kind
                + " with a key of "
                + keyBytes
                + " and a value of "
                + Integer.toUnsignedLong(valueBytes)
                + " bytes");
      }
      byte[] key = bytes(keyBytes);
      byte[] value = kind == Change.Kind.PUT_BYTES ? bytes(valueBytes) : null;
      long number = kind == Change.Kind.PUT_LONG ? checkLeft(Long.BYTES).getLong() : 0;
      return new Operation(maps.get(map), kind, key, value, number);
    }

    private static boolean isLength(Change.Kind kind, int valueBytes) {
      return switch (kind) {
        case PUT_BYTES -> valueBytes >= 0 && valueBytes <= ZapMap.MAX_VALUE_BYTES;
        case PUT_LONG -> valueBytes == Long.BYTES;
        case REMOVE -> valueBytes == 0;
      };
    }

    private Change.Kind changeKind(byte code) {
      for (Change.Kind kind : Change.Kind.values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw corrupt("operation=" + code);
    }

    private byte[] bytes(int length) {
      checkLeft(length);
      byte[] bytes = new byte[length];
      buffer.get(bytes);
      return bytes;
    }

    private ByteBuffer checkLeft(int length) {
      if (buffer.remaining() < length) {
        throw corrupt(length + " bytes at " + buffer.position() + " of " + buffer.limit());
      }
      return buffer;
    }

    private void check(boolean isGood, String problem) {
      if (!isGood) {
        throw corrupt(problem);
      }
    }

    private CorruptException corrupt(String problem) {
      return new CorruptException(
          CorruptException.NONE,
          CorruptException.NONE,
          CorruptException.NONE,
          "record " + sequence + " of the intent log is no commit: " + problem);
    }
  }
}
