// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * A part of a map, for whoever walks over it on several threads, or in several processes one after
 * the other: a range of hashes, which no change of the map moves. All parts of {@link
 * ZapMap#splits} together have each entry once, and about the same number of entries each. The same
 * part can be walked over as often as one likes.
 *
 * <p>Immutable, safe for use from many threads. A part is good as long as its map: once the map was
 * dropped its cursors throw {@link org.zapkv.error.MapDroppedException}.
 */
public final class MapSplit {
  private final ZapMap map;
  private final int index;
  private final int count;

  MapSplit(ZapMap map, int index, int count) {
    this.map = map;
    this.index = index;
    this.count = count;
  }

  /**
   * Which part it is.
   *
   * @return 0 for the first one
   */
  public int index() {
    return index;
  }

  /**
   * How many parts there are.
   *
   * @return 1 or more
   */
  public int count() {
    return count;
  }

  /**
   * A cursor before the first entry of the part, with the guarantee of {@link ZapMap#cursor()} for
   * the entries of this part. To be closed.
   *
   * @return a new cursor
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.MapDroppedException if the map was dropped
   */
  public MapCursor cursor() {
    return map.partCursor(this, 0);
  }

  /**
   * A cursor at a position that another cursor of the same part gave, in this process or an earlier
   * one: of the part of the same number, of as many. To be closed.
   *
   * @param cookie what {@link MapCursor#cookie()} or {@link MapCursor#nextCookie()} returned; 0 is
   *     the beginning. Any value is safe: one of a place before the part is its beginning, one
   *     behind it its end.
   * @return a new cursor before the first entry of the part at or after the position
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.MapDroppedException if the map was dropped
   */
  public MapCursor cursor(long cookie) {
    return map.partCursor(this, cookie);
  }

  /** The first hash of the part, of hashes of so many bits. */
  long first(int hashBits) {
    return boundary(index, hashBits);
  }

  /** The first hash behind the part; 0: there is none. */
  long end(int hashBits) {
    return index + 1 == count ? 0 : boundary(index + 1, hashBits);
  }

  /** Without a sign: of 48 bits, and as many parts as there may be, the product needs all 64. */
  private long boundary(int part, int hashBits) {
    return Long.divideUnsigned((long) part << hashBits, count);
  }

  @Override
  public String toString() {
    return "MapSplit[" + index + " of " + count + " of " + map.name() + "]";
  }
}
