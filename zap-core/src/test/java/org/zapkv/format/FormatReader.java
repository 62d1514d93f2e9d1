// SPDX-License-Identifier: Apache-2.0
package org.zapkv.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a store by docs/format.md alone: section numbers are those of that document. Uses no class
 * of the library, so that what it reads shows that the document says what has to be known.
 */
public final class FormatReader {
  private static final long MAGIC_LABEL = magic("ZAPSTORE");
  private static final long MAGIC_UBERBLOCK = magic("ZAPUBER1");
  private static final long MAGIC_LOG = magic("ZAPINTLG");
  private static final long MAGIC_LOG_BLOCK = magic("ZAPLOGBK");
  private static final int POINTER_BYTES = 64;
  private static final int DNODE_BYTES = 256;
  private static final int META_BLOCK_BYTES = 16384;
  private static final int INDIRECT_BYTES = 4096;
  private static final int MAP = 3;
  private static final int DIRECTORY = 2;
  private static final int VALUE = 4;

  private final ByteBuffer file;
  private final long store;
  private final int uberblock;

  /** What of the format was met. */
  private final SortedSet<String> forms = new TreeSet<>();

  private FormatReader(byte[] blocks) {
    this.file = ByteBuffer.wrap(blocks).order(ByteOrder.LITTLE_ENDIAN);
    int label = label();
    this.store = file.getLong(label + 40) ^ Long.rotateLeft(file.getLong(label + 48), 32);
    this.uberblock = newestUberblock();
  }

  /**
   * What a store holds.
   *
   * @param maps names, keys, values as they are described by {@link #describe}
   * @param forms what of the format it uses, as the code here calls it
   */
  public record Contents(
      SortedMap<String, SortedMap<String, String>> maps, SortedSet<String> forms) {}

  /** Reads a store: its two files. */
  public static Contents read(byte[] blocks, byte[] log) {
    FormatReader reader = new FormatReader(blocks);
    SortedMap<String, SortedMap<String, String>> maps = reader.maps();
    reader.replay(ByteBuffer.wrap(log).order(ByteOrder.LITTLE_ENDIAN), maps);
    return new Contents(maps, reader.forms);
  }

  /** A value of bytes, in short. */
  public static String describe(byte[] value) {
    return "bytes " + value.length + " " + Integer.toHexString(Arrays.hashCode(value));
  }

  /** A value that is a number. */
  public static String describe(long value) {
    return "long " + value;
  }

  /** A key. */
  public static String hex(byte[] key) {
    return HexFormat.of().formatHex(key);
  }

  private static long magic(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  private static IllegalStateException bad(String what) {
    return new IllegalStateException(what);
  }

  private static byte[] bytes(ByteBuffer from, int at, int length) {
    byte[] bytes = new byte[length];
    from.get(at, bytes, 0, length);
    return bytes;
  }

  // Section 1.

  private static long seed(long owner, long index, int level, long group) {
    return owner * 0x9E3779B97F4A7C15L
        ^ Long.rotateLeft(index * 0x6A09E667F3BCC909L, 23)
        ^ Long.rotateLeft((level + 1) * 0xBB67AE8584CAA73BL, 41)
        ^ Long.rotateLeft(group * 0x3C6EF372FE94F82BL, 11);
  }

  // Sections 2 to 4.

  /** Where a whole label is. */
  private int label() {
    for (int at = 0; at <= 4096; at += 4096) {
      if (file.getLong(at) == MAGIC_LABEL
          && file.getLong(at + 4088) == Xxh64.hash(file, at, 4088, seed(-3, 0, 0, 0))) {
        long unknown = file.getLong(at + 32) & ~7;
        if (file.getInt(at + 8) != 1 || unknown != 0) {
          throw bad("a newer version");
        }
        return at;
      }
    }
    throw bad("no label");
  }

  private int newestUberblock() {
    int newest = -1;
    for (int slot = 0; slot < 30; slot++) {
      int at = 8192 + slot * 4096;
      boolean isValid =
          file.getLong(at) == MAGIC_UBERBLOCK
              && file.getLong(at + 4088) == Xxh64.hash(file, at, 4088, seed(store, slot, 0, 0));
      if (isValid && (newest < 0 || file.getLong(at + 8) > file.getLong(newest + 8))) {
        newest = at;
      }
    }
    if (newest < 0) {
      throw bad("no uberblock");
    }
    return newest;
  }

  // Section 5: a block, or null for a hole.

  private @Nullable ByteBuffer block(
      ByteBuffer at, int pointer, long object, long index, int level) {
    int physical = at.getInt(pointer + 20);
    if (physical == 0) {
      return null;
    }
    long group = at.getLong(pointer + 24);
    if (at.get(pointer + 41) != 1 || at.get(pointer + 42) != level) {
      throw bad("a pointer of another kind in object " + object);
    }
    for (int copy = 0; copy < 16; copy += 8) {
      long offset = at.getLong(pointer + copy);
      boolean isThere = offset != 0 && offset + physical <= file.capacity();
      if (isThere
          && Xxh64.hash(file, (int) offset, physical, seed(object, index, level, group))
              == at.getLong(pointer + 32)) {
        return content(at, pointer, (int) offset, physical);
      }
    }
    throw bad("object " + object + " block " + index + " level " + level + " does not match");
  }

  private ByteBuffer content(ByteBuffer at, int pointer, int offset, int physical) {
    int logical = at.getInt(pointer + 16);
    int compression = at.get(pointer + 40);
    byte[] bytes = bytes(file, offset, physical);
    switch (compression) {
      case 0 -> forms.add("plain");
      case 1 -> {
        forms.add("LZ4");
        bytes = Lz4.decode(file, offset, physical, logical);
      }
      case 2 -> {
        forms.add("packed");
        bytes = PackedLeaf.unpack(bytes, logical);
      }
      case 3 -> {
        forms.addAll(Set.of("LZ4", "packed and LZ4"));
        bytes = PackedLeaf.unpack(Lz4.decode(file, offset, physical, logical), logical);
      }
      default -> throw bad("compression " + compression);
    }
    if (bytes.length != logical) {
      throw bad("a block of " + bytes.length + " bytes instead of " + logical);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  // Sections 6 and 7.

  /** An object: its dnode, and where that is. */
  private record Dnode(ByteBuffer bytes, int at, long object) {
    int type() {
      return bytes.get(at);
    }

    int blockBytes() {
      return bytes.getInt(at + 4);
    }

    long blockCount() {
      return bytes.getLong(at + 8);
    }
  }

  private Dnode meta() {
    return new Dnode(file, uberblock + 64, 0);
  }

  private Dnode dnode(long object) {
    ByteBuffer block = block(meta(), object / (META_BLOCK_BYTES / DNODE_BYTES));
    if (block == null) {
      throw bad("no object " + object);
    }
    int at = (int) (object % (META_BLOCK_BYTES / DNODE_BYTES)) * DNODE_BYTES;
    return new Dnode(block, at, object);
  }

  private @Nullable ByteBuffer block(Dnode dnode, long index) {
    int level = dnode.bytes.get(dnode.at + 1) - 1;
    ByteBuffer at = dnode.bytes;
    int pointer = dnode.at + 64;
    if (index >>> (6 * level) != 0) {
      return null;
    }
    while (level > 0) {
      forms.add("tree");
      at = block(at, pointer, dnode.object, index >>> (6 * level), level);
      if (at == null) {
        return null;
      }
      if (at.capacity() != INDIRECT_BYTES) {
        throw bad("an indirect block of " + at.capacity() + " bytes");
      }
      level--;
      pointer = (int) (index >>> (6 * level) & 63) * POINTER_BYTES;
    }
    return block(at, pointer, dnode.object, index, 0);
  }

  // Section 10.

  /** What a ZAP has under a key: integers of a size. */
  private interface ZapVisitor extends BiConsumer<byte[], ZapValue> {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record ZapValue(int integerBytes, byte[] bytes) {
    /** Integers are stored with their most significant byte first. */
    long integer(int index) {
      return ByteBuffer.wrap(bytes).getLong(8 * index);
    }
  }

  private SortedMap<String, SortedMap<String, String>> maps() {
    SortedMap<String, SortedMap<String, String>> maps = new TreeMap<>();
    Dnode directory = dnode(1);
    if (directory.type() != DIRECTORY) {
      throw bad("object 1 is of type " + directory.type());
    }
    zap(
        directory,
        (key, value) -> {
          if (key[0] != (byte) 0xFF) {
            maps.put(new String(key, StandardCharsets.UTF_8), entries(dnode(value.integer(0))));
          }
        });
    return maps;
  }

  private SortedMap<String, String> entries(Dnode map) {
    if (map.type() != MAP) {
      throw bad("object " + map.object + " is of type " + map.type());
    }
    SortedMap<String, String> entries = new TreeMap<>();
    zap(map, (key, value) -> entries.put(hex(key), describe(value)));
    return entries;
  }

  private String describe(ZapValue value) {
    if (value.integerBytes == 1) {
      return describe(value.bytes);
    }
    return value.bytes.length == 8
        ? describe(value.integer(0))
        : describe(large(dnode(value.integer(0)), (int) value.integer(1)));
  }

  private byte[] large(Dnode object, int length) {
    if (object.type() != VALUE) {
      throw bad("object " + object.object + " is of type " + object.type());
    }
    forms.add("value object");
    ByteBuffer value = ByteBuffer.allocate(length);
    for (long block = 0; block < object.blockCount(); block++) {
      ByteBuffer bytes = block(object, block);
      if (bytes == null) {
        throw bad("a hole in a value");
      }
      value.put(bytes(bytes, 0, Math.min(object.blockBytes(), value.remaining())));
    }
    return value.array();
  }

  private void zap(Dnode object, ZapVisitor visitor) {
    ByteBuffer first = block(object, 0);
    if (first == null) {
      throw bad("no block 0 in object " + object.object);
    }
    long type = first.getLong(0);
    if (type == 0x8000000000000003L) {
      micro(first, visitor);
    } else if (type == 0x8000000000000001L && first.getLong(8) == 0x2F52AB2ABL) {
      fat(object, first, visitor);
    } else {
      throw bad("block type " + Long.toHexString(type));
    }
  }

  private void micro(ByteBuffer block, ZapVisitor visitor) {
    forms.add("micro");
    for (int at = 64; at + 64 <= block.capacity(); at += 64) {
      int end = at + 14;
      while (block.get(end) != 0) {
        end++;
      }
      if (end > at + 14) {
        byte[] number = ByteBuffer.allocate(8).putLong(block.getLong(at)).array();
        byte[] key = bytes(block, at + 14, end - at - 14);
        visitor.accept(key, new ZapValue(8, number));
      }
    }
  }

  private void fat(Dnode object, ByteBuffer header, ZapVisitor visitor) {
    forms.add("fat");
    Map<String, ZapValue> apart = new HashMap<>();
    long overflow = header.getLong(104);
    if (overflow != 0) {
      ByteBuffer second = block(object, overflow);
      if (second == null || second.getLong(8) != 0x315245564F50415AL) {
        throw bad("no header of the overflow");
      }
      leaves(
          object,
          second,
          (mark, key, value) -> {
            forms.add("overflow");
            if (mark == 0x40) {
              forms.add("value apart");
              apart.put(hex(key), value);
            } else {
              visitor.accept(key, value);
            }
          });
    }
    leaves(
        object,
        header,
        (mark, key, value) -> {
          ZapValue present = mark == 0x80 ? apart.get(hex(key)) : value;
          if (present == null) {
            throw bad("a value apart is missing");
          }
          visitor.accept(key, present);
        });
  }

  private interface LeafVisitor {
    void entry(int mark, byte[] key, ZapValue value);
  }

  /** Every leaf that the pointer table of a header leads to, once. */
  private void leaves(Dnode object, ByteBuffer header, LeafVisitor visitor) {
    long tableBlock = header.getLong(16);
    int pointers = 1 << header.getLong(32);
    int perBlock = header.capacity() / 8;
    if (tableBlock != 0) {
      forms.add("table of its own");
    }
    long before = -1;
    for (int i = 0; i < pointers; i++) {
      ByteBuffer table = tableBlock == 0 ? header : block(object, tableBlock + i / perBlock);
      int at = tableBlock == 0 ? header.capacity() / 2 + 8 * i : 8 * (i % perBlock);
      long leaf = table == null ? 0 : table.getLong(at);
      if (leaf != before) {
        ByteBuffer block = block(object, leaf);
        if (block == null || block.getInt(24) != 0x2AB1EAF) {
          throw bad("no leaf in block " + leaf);
        }
        leaf(block, visitor);
      }
      before = leaf;
    }
  }

  private static void leaf(ByteBuffer leaf, LeafVisitor visitor) {
    int buckets = leaf.capacity() / 32;
    for (int bucket = 0; bucket < buckets; bucket++) {
      int entry = Short.toUnsignedInt(leaf.getShort(48 + 2 * bucket));
      while (entry != 0xFFFF) {
        int at = chunk(leaf, entry);
        int size = leaf.get(at + 1) & 0x0F;
        int mark = leaf.get(at + 1) & 0xF0;
        int nameBytes = Short.toUnsignedInt(leaf.getShort(at + 6));
        int valueBytes = size * Short.toUnsignedInt(leaf.getShort(at + 10));
        byte[] name = array(leaf, Short.toUnsignedInt(leaf.getShort(at + 4)), nameBytes);
        byte[] value = array(leaf, Short.toUnsignedInt(leaf.getShort(at + 8)), valueBytes);
        visitor.entry(mark, Arrays.copyOf(name, nameBytes - 1), new ZapValue(size, value));
        entry = Short.toUnsignedInt(leaf.getShort(at + 2));
      }
    }
  }

  private static int chunk(ByteBuffer leaf, int chunk) {
    return 48 + leaf.capacity() / 16 + 24 * chunk;
  }

  private static byte[] array(ByteBuffer leaf, int first, int length) {
    byte[] bytes = new byte[length];
    int chunk = first;
    for (int done = 0; done < length; done += 21) {
      leaf.get(chunk(leaf, chunk) + 1, bytes, done, Math.min(21, length - done));
      chunk = Short.toUnsignedInt(leaf.getShort(chunk(leaf, chunk) + 22));
    }
    return bytes;
  }

  // Section 13.

  private void replay(ByteBuffer log, SortedMap<String, SortedMap<String, String>> maps) {
    long next = file.getLong(uberblock + 24);
    long after = file.getLong(uberblock + 32);
    long chain = file.getLong(uberblock + 40);
    List<ByteBuffer> records = new ArrayList<>();
    if (next != 0) {
      checkLogHead(log);
      while (isLogBlock(log, next, chain)) {
        int at = (int) next;
        chain = log.getLong(at + 16);
        next = log.getLong(at + 24);
        forms.add("log");
        readFragments(log, at, after, records);
      }
    }
    redo(records, maps);
  }

  private void checkLogHead(ByteBuffer log) {
    for (int at = 0; at <= 4096; at += 4096) {
      if (log.getLong(at) == MAGIC_LOG
          && log.getLong(at + 4088) == Xxh64.hash(log, at, 4088, MAGIC_LOG)) {
        long id = log.getLong(at + 40) ^ Long.rotateLeft(log.getLong(at + 48), 32);
        if (log.getInt(at + 8) != 1 || log.getLong(at + 32) != 0 || id != store) {
          throw bad("a newer log, or that of another store");
        }
        return;
      }
    }
    throw bad("no head of the log");
  }

  private boolean isLogBlock(ByteBuffer log, long offset, long chain) {
    if (offset < 8192 || offset + 512 > log.capacity()) {
      return false;
    }
    int at = (int) offset;
    long headerSeed = store ^ offset * 0x9E3779B97F4A7C15L;
    if (log.getLong(at) != MAGIC_LOG_BLOCK
        || log.getLong(at + 8) != Xxh64.hash(log, at + 24, 40, headerSeed)) {
      return false;
    }
    int length = (64 + log.getInt(at + 48) + 511) & -512;
    return at + length <= log.capacity()
        && log.getLong(at + 16) == Xxh64.hash(log, at + 24, length - 24, chain);
  }

  /** Takes the records of a block; the last in the list may be one that is not complete. */
  private void readFragments(ByteBuffer log, int block, long after, List<ByteBuffer> records) {
    long sequence = log.getLong(block + 32);
    int end = block + 64 + log.getInt(block + 48);
    for (int at = block + 64; at < end; ) {
      int kind = log.get(at + 3);
      int length = log.getInt(at) & 0xFFFFFF;
      int from = at + (kind == 2 ? 8 : 4);
      at = from + length;
      if (sequence > after) {
        if (kind <= 2) {
          int recordBytes = kind == 1 ? length : log.getInt(from - 4);
          records.add(ByteBuffer.allocate(recordBytes).order(ByteOrder.LITTLE_ENDIAN));
        } else {
          forms.add("record in parts");
        }
        records.get(records.size() - 1).put(bytes(log, from, length));
      }
      sequence += kind == 1 || kind == 4 ? 1 : 0;
    }
  }

  // Section 14.

  private void redo(List<ByteBuffer> records, SortedMap<String, SortedMap<String, String>> maps) {
    records.removeIf(ByteBuffer::hasRemaining);
    Set<Long> ended = new HashSet<>();
    for (ByteBuffer record : records) {
      record.flip();
      if (record.get(0) == 3) {
        forms.add("large batch");
        ended.add(record.getLong(8));
      }
    }
    for (ByteBuffer record : records) {
      if (record.get(0) == 1 || ended.contains(record.getLong(8))) {
        redo(record, maps);
      }
    }
  }

  private static void redo(ByteBuffer record, SortedMap<String, SortedMap<String, String>> maps) {
    List<SortedMap<String, String>> named = new ArrayList<>();
    record.position(16);
    for (int i = 0; i < record.getChar(2); i++) {
      String name = new String(next(record, record.get() & 0xFF), StandardCharsets.UTF_8);
      named.add(maps.computeIfAbsent(name, n -> new TreeMap<>()));
    }
    for (int i = 0; i < record.getInt(4); i++) {
      int kind = record.get();
      SortedMap<String, String> map = named.get(record.get() & 0xFF);
      int keyBytes = record.getChar();
      int valueBytes = record.getInt();
      String key = hex(next(record, keyBytes));
      switch (kind) {
        case 1 -> map.put(key, describe(next(record, valueBytes)));
        case 2 -> map.put(key, describe(record.getLong()));
        case 3 -> map.remove(key);
        default -> throw bad("operation " + kind);
      }
    }
  }

  private static byte[] next(ByteBuffer from, int length) {
    byte[] bytes = new byte[length];
    from.get(bytes);
    return bytes;
  }
}
