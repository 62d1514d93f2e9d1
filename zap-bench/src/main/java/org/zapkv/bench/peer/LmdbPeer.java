// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** LMDB. */
final class LmdbPeer implements Peer {
  static final String SETTINGS =
      "map size 256 GiB, buffers of `PROXY_OPTIMAL`; the page cache is its cache. Durable: no flag, a"
          + " transaction per put; else `MDB_NOSYNC` (a crash of the system may then damage it), and"
          + " `sync(true)`.";

  private static final long MAP_BYTES = 256L << 30;
  private static final int MAX_VALUE_BYTES = 64 << 10;

  private final ThreadLocal<Buffers> buffers;
  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> dbi;

  LmdbPeer(Path directory, PeerOptions options) {
    EnvFlags[] flags = options.durable() ? new EnvFlags[0] : new EnvFlags[] {EnvFlags.MDB_NOSYNC};
    env = Env.create().setMapSize(MAP_BYTES).setMaxDbs(1).open(directory.toFile(), flags);
    dbi = env.openDbi("m", DbiFlags.MDB_CREATE);
    int maxKeyBytes = env.getMaxKeySize();
    buffers = ThreadLocal.withInitial(() -> new Buffers(maxKeyBytes));
  }

  @Override
  public void put(byte[] key, byte[] value) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      put(txn, key, value);
      txn.commit();
    }
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (int i = 0; i < keys.length; i++) {
        put(txn, keys[i], values[i]);
      }
      txn.commit();
    }
  }

  private void put(Txn<ByteBuffer> txn, byte[] key, byte[] value) {
    Buffers mine = buffers.get();
    mine.value.clear().put(value).flip();
    dbi.put(txn, mine.key(key), mine.value);
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      ByteBuffer found = dbi.get(txn, buffers.get().key(key));
      if (found == null) {
        return null;
      }
      byte[] value = new byte[found.remaining()];
      found.get(value);
      return value;
    }
  }

  @Override
  public void commit() {
    env.sync(true);
  }

  @Override
  public void close() {
    env.close();
  }

  /** Memory that the library can point to, of one thread. */
  private static final class Buffers {
    final ByteBuffer key;
    final ByteBuffer value = ByteBuffer.allocateDirect(MAX_VALUE_BYTES);

    Buffers(int maxKeyBytes) {
      key = ByteBuffer.allocateDirect(maxKeyBytes);
    }

    ByteBuffer key(byte[] bytes) {
      return key.clear().put(bytes).flip();
    }
  }
}
