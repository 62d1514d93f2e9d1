// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.ZapCursor;

/**
 * A walk over the entries of a map, by hash. An entry that is there from the beginning of the walk
 * to its end is returned exactly once, whatever else is added, removed or rebuilt meanwhile; one
 * added or removed on the way may or may not be. Changing the map during the walk is allowed; if it
 * is cleared, a walk that has begun ends.
 *
 * <p>Used by one thread at a time. An open cursor keeps nothing of the map in memory but a copy of
 * a few entries on the heap.
 */
public final class MapCursor implements AutoCloseable {
  private final ZapCursor cursor;
  private final EntryView view;
  private @Nullable ZapEntry entry;

  MapCursor(ZapCursor cursor, EntryView view) {
    this.cursor = cursor;
    this.view = view;
  }

  /**
   * Goes to the next entry.
   *
   * @return false if there is none; {@link #entry()} then has none
   * @throws org.zapkv.error.ClosedException if the cursor or the store is closed
   * @throws org.zapkv.error.MapDroppedException if the map was dropped
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   */
  public boolean next() {
    entry = null;
    return view.next();
  }

  /**
   * The entry that the cursor is on.
   *
   * @return the entry
   * @throws NoSuchElementException before the first {@link #next()} and after the last
   */
  public ZapEntry entry() {
    ZapEntry made = entry;
    if (made == null) {
      made = view.toEntry();
      entry = made;
    }
    return made;
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
    cursor.close();
  }
}
