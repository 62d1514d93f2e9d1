// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A map on the heap: what the machine gives to those who need neither files nor a small heap. */
final class HashMapPeer implements Peer {
  static final String SETTINGS =
      "the floor: on the heap, nothing is kept when the process ends. Keys are arrays in an object with"
          + " `Arrays.hashCode`; a value is handed out as it is, without a copy.";

  private final ConcurrentHashMap<Key, byte[]> map = new ConcurrentHashMap<>();

  HashMapPeer() {}

  @Override
  public void put(byte[] key, byte[] value) {
    map.put(new Key(key), value);
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    for (int i = 0; i < keys.length; i++) {
      put(keys[i], values[i]);
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return map.get(new Key(key));
  }

  @Override
  public void remove(byte[] key) {
    map.remove(new Key(key));
  }

  @Override
  public void removeBatch(byte[][] keys) {
    for (byte[] key : keys) {
      remove(key);
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    for (byte[] value : map.values()) {
      visitor.value(value);
    }
  }

  @Override
  public void commit() {
    // Nothing is ever durable.
  }

  @Override
  public void compact() {
    // There is no file.
  }

  @Override
  public void close() {
    map.clear();
  }

  private static final class Key {
    private final byte[] bytes;
    private final int hash;

    Key(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
