// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.ZapChange;
import org.zapkv.zap.ZapValue;

/** What a commit does to one key, and how far it is with that. */
final class Change implements ZapChange {
  /*
   *   PENDING --apply--> APPLIED --another thread changes the key--> OVERTAKEN
   *      ^------put back-----'
   *
   * What the commit is asked for never changes. The rest belongs to the thread that commits, but for
   * `state`: while a large batch is under way others may set it, see LargeBatches.
   */

  enum Kind {
    PUT_BYTES(1),
    PUT_LONG(2),
    REMOVE(3),
    PUT_OBJECT(4);

    /** What it is called in a record of the intent log. */
    final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }
  }

  private enum State {
    PENDING,
    APPLIED,
    OVERTAKEN
  }

  /** An estimate of what a change takes on the heap beside its key and value. */
  private static final int OVERHEAD_BYTES = 128;

  final MapKey key;
  final Kind kind;
  final byte @Nullable [] value;
  final long number;

  /** What the key has after the change: null before it is encoded, and when it is removed. */
  @Nullable ZapValue now;

  /** What the key had before. */
  @Nullable ZapValue previous;

  /** True once it has replaced what a large batch under way had put there. */
  boolean overtook;

  /** Guarded by the key's stripe. */
  private State state = State.PENDING;

  private Change(MapKey key, Kind kind, byte @Nullable [] value, long number) {
    this.key = key;
    this.kind = kind;
    this.value = value;
    this.number = number;
  }

  static Change put(MapKey key, byte[] value) {
    return new Change(key, Kind.PUT_BYTES, value, 0);
  }

  static Change putLong(MapKey key, long value) {
    return new Change(key, Kind.PUT_LONG, null, value);
  }

  /** Of a value that is an object already: a stream has written it. */
  static Change putObject(MapKey key, long objectId, long lengthBytes) {
    return putReference(key, ValueStore.reference(objectId, lengthBytes));
  }

  /** The same, by the reference that the key gets. */
  static Change putReference(MapKey key, byte[] reference) {
    return new Change(key, Kind.PUT_OBJECT, reference, 0);
  }

  static Change remove(MapKey key) {
    return new Change(key, Kind.REMOVE, null, 0);
  }

  /** What its map is called by while the store is open: those of one map have the same. */
  long mapId() {
    return key.map.id();
  }

  /** The number of the object, of one that {@link #isOfObject}. */
  long objectId() {
    return value == null ? -1 : BigEndian.getLong(value, 0);
  }

  boolean isOfObject() {
    return kind == Kind.PUT_OBJECT;
  }

  boolean isRemoval() {
    return kind == Kind.REMOVE;
  }

  int valueBytes() {
    return value == null ? 0 : value.length;
  }

  long heapBytes() {
    return OVERHEAD_BYTES + key.bytes.length + (long) valueBytes();
  }

  /** What its key has once it is made, null for a removal; with copies of the arrays. */
  @Nullable ZapEntry toEntry() {
    if (isRemoval()) {
      return null;
    }
    byte[] copy = key.bytes.clone();
    return value == null ? ZapEntry.ofLong(copy, number) : ZapEntry.ofBytes(copy, value.clone());
  }

  /** Writes the object of a large value; touches no map. */
  void encode(ValueStore values, Transaction tx) {
    if (kind == Kind.PUT_OBJECT && value != null) {
      now = new ZapValue(Long.BYTES, value);
    } else if (!isRemoval()) {
      now = value == null ? ZapValue.ofLong(number) : values.encode(value, tx);
    }
  }

  @Override
  public byte[] key() {
    return key.bytes;
  }

  @Override
  public @Nullable ZapValue next() {
    return now;
  }

  @Override
  public void made(@Nullable ZapValue before) {
    previous = before;
    if (now != null || before != null) {
      applied();
    }
  }

  /** Whether the map is as the change left it, so that it belongs into the log. */
  boolean isApplied() {
    return state == State.APPLIED;
  }

  void applied() {
    state = State.APPLIED;
  }

  boolean isOvertaken() {
    return state == State.OVERTAKEN;
  }

  /** Another change has replaced what this one put; false if it has put nothing there yet. */
  boolean overtake() {
    if (state == State.PENDING) {
      return false;
    }
    state = State.OVERTAKEN;
    return true;
  }

  /** Forgets what was done, so that it can be done again. */
  void reset() {
    state = State.PENDING;
    now = null;
    previous = null;
    overtook = false;
  }
}
