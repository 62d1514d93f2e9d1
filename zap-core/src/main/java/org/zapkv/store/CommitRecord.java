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

  private static final byte[][] NOTHING = {};

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

    boolean isOfObject() {
      return kind == Change.Kind.PUT_OBJECT;
    }

    /** The change that does it again. */
    Change on(ZapMap resolved) {
      MapKey mapKey = new MapKey(resolved, key);
      if (kind == Change.Kind.REMOVE) {
        return Change.remove(mapKey);
      }
      if (kind == Change.Kind.PUT_OBJECT && value != null) {
        return Change.putReference(mapKey, value);
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
      bytes += operationBytes(change.key, valueBytes(change));
    }
    return bytes;
  }

  /** How long a record of one change is. */
  static long sizeBytes(Change change) {
    return sizeBytes(change.key, valueBytes(change));
  }

  /** How long a record of one change is that puts a value of so many bytes. */
  static long sizeBytes(MapKey key, long valueBytes) {
    return CommitRecordLayout.HEADER_BYTES
        + CommitRecordLayout.NAME_LENGTH_BYTES
        + key.map.nameBytes().length
        + operationBytes(key, valueBytes);
  }

  /** How much room a record of these changes takes at most, whatever name a map has by then. */
  static long reservedBytes(List<Change> changes) {
    long bytes = sizeBytes(changes);
    ZapMap map = null;
    for (Change change : changes) {
      if (change.key.map != map) {
        map = change.key.map;
        bytes += ZapMap.MAX_NAME_BYTES;
      }
    }
    return bytes;
  }

  /** The same of one change. */
  static long reservedBytes(Change change) {
    return reservedBytes(change.key, valueBytes(change));
  }

  /** How much room a record that puts a value of so many bytes takes at most. */
  static long reservedBytes(MapKey key, long valueBytes) {
    return sizeBytes(key, valueBytes) + ZapMap.MAX_NAME_BYTES;
  }

  private static long valueBytes(Change change) {
    return change.kind == Change.Kind.PUT_LONG ? Long.BYTES : change.valueBytes();
  }

  private static long operationBytes(MapKey key, long valueBytes) {
    return CommitRecordLayout.OP_HEADER_BYTES + key.bytes.length + valueBytes;
  }

  /** The bytes of a record of those changes that are applied. Nothing if none is. */
  static byte[][] encode(Kind kind, long batch, List<Change> changes) {
    List<Change> applied = changes;
    for (Change change : changes) {
      if (!change.isApplied()) {
        applied = changes.stream().filter(Change::isApplied).toList();
        break;
      }
    }
    return applied.isEmpty() ? NOTHING : encodeAll(kind, batch, applied);
  }

  /** The bytes of a record of one change, if it is applied. Nothing if not. */
  static byte[][] encode(Change change) {
    if (!change.isApplied()) {
      return NOTHING;
    }
    Encoder encoder = new Encoder(sizeBytes(change) - ownPartBytes(change));
    encoder.begin(Kind.WHOLE, 0, 1, 1);
    encoder.put(change.key.map);
    encoder.put(change, 0);
    return encoder.end();
  }

  /** The bytes of the record that ends a batch. */
  static byte[][] encodeEnd(long batch) {
    Encoder encoder = new Encoder(END_BYTES);
    encoder.begin(Kind.END, batch, 0, 0);
    return encoder.end();
  }

  private static byte[][] encodeAll(Kind kind, long batch, List<Change> changes) {
    long bytes = sizeBytes(changes);
    int mapCount = 0;
    ZapMap map = null;
    for (Change change : changes) {
      bytes -= ownPartBytes(change);
      mapCount += change.key.map == map ? 0 : 1;
      map = change.key.map;
    }
    Encoder encoder = new Encoder(bytes);
    encoder.begin(kind, batch, mapCount, changes.size());
    encoder.putMaps(changes);
    encoder.putOperations(changes);
    return encoder.end();
  }

  private static int ownPartBytes(Change change) {
    return change.valueBytes() >= OWN_PART_BYTES ? change.valueBytes() : 0;
  }

  /** Gathers a record in one array, which is cut where a large value comes between. */
  private static final class Encoder {
    private final ByteBuffer buffer;

    /** What is before a large value, and the value; null without one. */
    private @Nullable List<byte[]> parts;

    private int partStart;

    /** For so many bytes beside the large values. */
    Encoder(long bytes) {
      this.buffer = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void begin(Kind kind, long batch, int mapCount, int operationCount) {
      buffer.put(kind.code).put((byte) 0);
      buffer.putShort((short) mapCount).putInt(operationCount).putLong(batch);
    }

    void putMaps(List<Change> changes) {
      ZapMap map = null;
      for (Change change : changes) {
        if (change.key.map != map) {
          map = change.key.map;
          put(map);
        }
      }
    }

    void putOperations(List<Change> changes) {
      int mapIndex = -1;
      ZapMap map = null;
      for (Change change : changes) {
        mapIndex += change.key.map == map ? 0 : 1;
        map = change.key.map;
        put(change, mapIndex);
      }
    }

    void put(ZapMap map) {
      buffer.put((byte) map.nameBytes().length).put(map.nameBytes());
    }

    void put(Change change, int mapIndex) {
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
        return;
      }
      List<byte[]> to = parts == null ? new ArrayList<>() : parts;
      endPart(to);
      to.add(value);
      parts = to;
    }

    private void endPart(List<byte[]> to) {
      int end = buffer.position();
      if (end > partStart) {
        to.add(Arrays.copyOfRange(buffer.array(), partStart, end));
      }
      partStart = end;
    }

    byte[][] end() {
      List<byte[]> cut = parts;
      if (cut == null) {
        return new byte[][] {buffer.array()};
      }
      endPart(cut);
      return cut.toArray(byte[][]::new);
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
      byte[] value =
          kind == Change.Kind.PUT_BYTES || kind == Change.Kind.PUT_OBJECT
              ? bytes(valueBytes)
              : null;
      long number = kind == Change.Kind.PUT_LONG ? checkLeft(Long.BYTES).getLong() : 0;
      return new Operation(maps.get(map), kind, key, value, number);
    }

    private static boolean isLength(Change.Kind kind, int valueBytes) {
      return switch (kind) {
        case PUT_BYTES -> valueBytes >= 0 && valueBytes <= ZapMap.MAX_VALUE_BYTES;
        case PUT_LONG -> valueBytes == Long.BYTES;
        case PUT_OBJECT -> valueBytes == ValueStore.REFERENCE_BYTES;
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
