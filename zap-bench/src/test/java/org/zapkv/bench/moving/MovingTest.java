// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.moving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Environment;
import jetbrains.exodus.env.EnvironmentConfig;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.StoreConfig;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;
import org.zapkv.cache.testing.DocumentedCode;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** The code of docs/moving.md moves what four other stores hold. */
@Tag("once")
class MovingTest {
  private static final int ENTRIES = 500;

  @TempDir private Path home;

  // moving: begin
  /** Puts entries into a map, in batches that take little memory. */
  static final class Importer {
    private static final long MAX_BATCH_BYTES = 8 << 20;

    private final ZapStore store;
    private final ZapMap map;
    private final Batch batch;

    Importer(ZapStore store, String mapName) {
      this.store = store;
      this.map = store.map(mapName);
      this.batch = store.batch();
    }

    void add(byte[] key, byte[] value) {
      batch.put(map, key, value);
      if (batch.heapBytes() > MAX_BATCH_BYTES) {
        batch.commit(Durability.NONE);
      }
    }

    /** When this returns everything is on disk. */
    void finish() {
      batch.commit(Durability.NONE);
      store.sync();
    }
  }

  // moving: end

  @Test
  void theDocumentHasThisCode() throws IOException {
    Path source = Path.of("src/test/java/org/zapkv/bench/moving/MovingTest.java");
    DocumentedCode.assertIsThatOf(source, "moving", Path.of("../zap-core/docs/moving.md"));
  }

  private static byte[] key(int i) {
    return ("key " + i).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] value(int i) {
    return ("value " + i).getBytes(StandardCharsets.UTF_8);
  }

  private void assertMoved() {
    try (ZapStore store = ZapStore.open(home.resolve("zap"))) {
      ZapMap map = store.existingMap("m");
      assertEquals(ENTRIES, map.size());
      for (int i = 0; i < ENTRIES; i++) {
        assertEquals("value " + i, map.getString("key " + i));
      }
    }
  }

  @Test
  void fromChronicleMap() throws IOException {
    Path file = home.resolve("map.dat");
    try (ChronicleMap<byte[], byte[]> map = builder().createPersistedTo(file.toFile())) {
      for (int i = 0; i < ENTRIES; i++) {
        map.put(key(i), value(i));
      }
    }
    // moving: begin
    try (ChronicleMap<byte[], byte[]> from = builder().createPersistedTo(file.toFile());
        ZapStore store = ZapStore.open(home.resolve("zap"))) {
      Importer importer = new Importer(store, "m");
      from.forEach(importer::add);
      importer.finish();
    }
    // moving: end
    assertMoved();
  }

  private static ChronicleMapBuilder<byte[], byte[]> builder() {
    return ChronicleMapBuilder.of(byte[].class, byte[].class)
        .name("m")
        .averageKeySize(8)
        .averageValueSize(10)
        .entries(2 * ENTRIES);
  }

  @Test
  void fromMapDb() {
    Path file = home.resolve("map.db");
    try (DB db = DBMaker.fileDB(file.toFile()).make()) {
      HTreeMap<byte[], byte[]> map =
          db.hashMap("m", Serializer.BYTE_ARRAY, Serializer.BYTE_ARRAY).create();
      for (int i = 0; i < ENTRIES; i++) {
        map.put(key(i), value(i));
      }
    }
    // moving: begin
    try (DB db = DBMaker.fileDB(file.toFile()).readOnly().make();
        ZapStore store = ZapStore.open(home.resolve("zap"))) {
      HTreeMap<byte[], byte[]> from =
          db.hashMap("m", Serializer.BYTE_ARRAY, Serializer.BYTE_ARRAY).open();
      Importer importer = new Importer(store, "m");
      from.forEach(importer::add);
      importer.finish();
    }
    // moving: end
    assertMoved();
  }

  @Test
  void fromXodus() {
    Path directory = home.resolve("xodus");
    EnvironmentConfig config = new EnvironmentConfig().setManagementEnabled(false);
    Environment filled = Environments.newInstance(directory.toFile(), config);
    try {
      filled.executeInTransaction(
          txn -> {
            Store map = filled.openStore("m", StoreConfig.WITHOUT_DUPLICATES, txn);
            for (int i = 0; i < ENTRIES; i++) {
              map.put(txn, new ArrayByteIterable(key(i)), new ArrayByteIterable(value(i)));
            }
          });
    } finally {
      filled.close();
    }
    // moving: begin
    Environment from = Environments.newInstance(directory.toFile(), config);
    try (ZapStore store = ZapStore.open(home.resolve("zap"))) {
      Importer importer = new Importer(store, "m");
      from.executeInReadonlyTransaction(
          txn -> {
            Store map = from.openStore("m", StoreConfig.USE_EXISTING, txn);
            try (Cursor cursor = map.openCursor(txn)) {
              while (cursor.getNext()) {
                importer.add(bytes(cursor.getKey()), bytes(cursor.getValue()));
              }
            }
          });
      importer.finish();
    } finally {
      from.close();
    }
    // moving: end
    assertMoved();
  }

  private static byte[] bytes(ByteIterable iterable) {
    return Arrays.copyOf(iterable.getBytesUnsafe(), iterable.getLength());
  }

  @Test
  void fromMvStore() {
    Path file = home.resolve("mvstore.mv");
    try (MVStore store = new MVStore.Builder().fileName(file.toString()).open()) {
      MVMap<String, String> map = store.openMap("m");
      for (int i = 0; i < ENTRIES; i++) {
        map.put("key " + i, "value " + i);
      }
    }
    // moving: begin
    try (MVStore from = new MVStore.Builder().fileName(file.toString()).readOnly().open();
        ZapStore store = ZapStore.open(home.resolve("zap"))) {
      MVMap<String, String> map = from.openMap("m");
      Importer importer = new Importer(store, "m");
      map.forEach(
          (key, value) ->
              importer.add(
                  key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8)));
      importer.finish();
    }
    // moving: end
    assertMoved();
  }
}
