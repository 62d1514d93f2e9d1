// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapValue;

/**
 * A walk over the entries of a map, by hash. An entry that is there from the beginning of the walk
 * to its end is returned exactly once, whatever else is added, removed or rebuilt meanwhile; one
 * added or removed on the way may or may not be. Changing the map during the walk is allowed.
 *
 * <p>Used by one thread at a time. An open cursor keeps one block of the map in memory; closing it,
 * or closing the store, lets it go.
 */
public final class MapCursor implements AutoCloseable {
  private final ZapStore store;
  private final ZapMap map;
  private final ZapCursor cursor;
  private @Nullable ZapEntry entry;

  MapCursor(ZapStore store, ZapMap map, ZapCursor cursor) {
    this.store = store;
    this.map = map;
    this.cursor = cursor;
    store.cursorOpened(this);
  }

  /**
   * Goes to the next entry.
   *
   * @return false if there is none; {@link #entry()} then has none
   * @throws org.zapkv.error.ClosedException if the cursor or the store is closed
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   */
  public boolean next() {
    int slot = store.gate().enter();
    try {
      entry = null;
      while (entry == null && cursor.next()) {
        byte[] key = cursor.key();
        entry = store.values().entry(key, new FirstFromCursor(cursor, map.zap(), key));
      }
      return entry != null;
    } finally {
      store.gate().exit(slot);
    }
  }

  /**
   * The entry that the cursor is on.
   *
   * @return the entry
   * @throws NoSuchElementException before the first {@link #next()} and after the last
   */
  public ZapEntry entry() {
    if (entry == null) {
      throw new NoSuchElementException("the cursor is on no entry: call next() first");
    }
    return entry;
  }

  /**
   * The position of the entry that the cursor is on: {@link ZapMap#cursor(long)} begins with that
   * entry, if it is still there, also after a restart.
   *
   * @return the position; any long, all ones at the end
   */
  public long cookie() {
    return cursor.cookie();
  }

  /**
   * The position after the entry that the cursor is on: {@link ZapMap#cursor(long)} begins with
   * what follows.
   *
   * @return the position; any long, all ones at the end
   */
  public long nextCookie() {
    return cursor.nextCookie();
  }

  /** Closes the cursor. Closing it twice, or after the store, does nothing. */
  @Override
  public void close() {
    int slot = store.gate().tryEnter();
    if (slot >= 0) {
      try {
        closeInside();
      } finally {
        store.gate().exit(slot);
      }
    }
  }

  /** Closes the cursor on behalf of a caller who is inside the store's gate, or has closed it. */
  void closeInside() {
    if (store.cursorClosed(this)) {
      cursor.close();
    }
  }

  /** The cursor's own copy first, then, for a value of which that is a reference, the map's. */
  private static final class FirstFromCursor implements Supplier<@Nullable ZapValue> {
    private final ZapCursor cursor;
    private final Zap zap;
    private final byte[] key;
    private boolean asked;

    FirstFromCursor(ZapCursor cursor, Zap zap, byte[] key) {
      this.cursor = cursor;
      this.zap = zap;
      this.key = key;
    }

    @Override
    public @Nullable ZapValue get() {
      if (asked) {
        return zap.get(key);
      }
      asked = true;
      return cursor.value();
    }
  }
}
