// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** An open LMDB. */
final class LmdbSubject implements Subject {
  private static final long MAP_BYTES = 16L << 30;

  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> dbi;
  private final int maxKeyBytes;

  /** Memory that the library can point to, of one thread. */
  private final ThreadLocal<ByteBuffer> keys;

  LmdbSubject(Path directory, OpenOptions options) {
    // With it a thread may have a walk open and read at the same time.
    env =
        Env.create()
            .setMapSize(MAP_BYTES)
            .setMaxDbs(1)
            .open(directory.toFile(), EnvFlags.MDB_NOTLS);
    dbi = env.openDbi("m", DbiFlags.MDB_CREATE);
    maxKeyBytes = env.getMaxKeySize();
    keys = ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(maxKeyBytes));
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  /** Durable in any case: that is a setting of the whole store. */
  @Override
  public long commit(List<Change> changes, Promise promise) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (Change change : changes) {
        change(txn, change);
      }
      txn.commit();
      return 0;
    }
  }

  private void change(Txn<ByteBuffer> txn, Change change) {
    byte[] stored = MapKeys.stored(change.map(), change.key());
    byte[] value = change.value();
    if (value == null) {
      dbi.delete(txn, key(stored));
      return;
    }
    int bytes = LmdbKeys.LENGTH_BYTES + LmdbKeys.wholeBytes(stored, maxKeyBytes) + value.length;
    LmdbKeys.put(stored, maxKeyBytes, value, dbi.reserve(txn, key(stored), bytes));
  }

  private ByteBuffer key(byte[] stored) {
    return keys.get().clear().put(LmdbKeys.fitting(stored, maxKeyBytes)).flip();
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    byte[] stored = MapKeys.stored(map, key);
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      ByteBuffer found = dbi.get(txn, key(stored));
      if (found == null) {
        return null;
      }
      return LmdbKeys.value(found);
    }
  }

  @Override
  public Scan scan(String map, long cookie) {
    Txn<ByteBuffer> txn = env.txnRead();
    return new CursorScan(txn, dbi.openCursor(txn), MapKeys.prefix(map));
  }

  @Override
  public List<String> maps() {
    try (Txn<ByteBuffer> txn = env.txnRead();
        Cursor<ByteBuffer> cursor = dbi.openCursor(txn)) {
      return MapKeys.maps(
          key -> cursor.get(key(key), GetOp.MDB_SET_RANGE) ? LmdbKeys.rest(cursor.key()) : null);
    }
  }

  @Override
  public void sync() {
    env.sync(true);
  }

  @Override
  public void close() {
    env.close();
  }

  /** Sees what was there when it was begun. */
  private final class CursorScan implements Scan {
    private final Txn<ByteBuffer> txn;
    private final Cursor<ByteBuffer> cursor;
    private final byte[] prefix;
    private boolean more;

    CursorScan(Txn<ByteBuffer> txn, Cursor<ByteBuffer> cursor, byte[] prefix) {
      this.txn = txn;
      this.cursor = cursor;
      this.prefix = prefix;
      this.more = cursor.get(key(prefix), GetOp.MDB_SET_RANGE);
    }

    @Override
    public @Nullable Entry next() {
      if (!more) {
        return null;
      }
      ByteBuffer value = cursor.val();
      byte[] stored = LmdbKeys.whole(cursor.key(), value);
      if (!MapKeys.isOf(stored, prefix)) {
        return null;
      }
      Entry entry = new Entry(MapKeys.key(stored, prefix), LmdbKeys.rest(value));
      more = cursor.next();
      return entry;
    }

    @Override
    public void close() {
      cursor.close();
      txn.close();
    }
  }
}
