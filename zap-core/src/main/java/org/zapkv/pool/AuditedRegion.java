// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.BitSet;
import java.util.function.Consumer;

/** The units of one region during an audit: what is marked as used, and what was reached. */
final class AuditedRegion {
  private final Region marked;
  private final SpaceGeometry geometry;
  private final boolean isKnown;
  private final BitSet reached = new BitSet();

  AuditedRegion(Region marked, SpaceGeometry geometry) {
    this(marked, geometry, true);
  }

  private AuditedRegion(Region marked, SpaceGeometry geometry, boolean isKnown) {
    this.marked = marked;
    this.geometry = geometry;
    this.isKnown = isKnown;
  }

  /** A region whose bitmap cannot be read: what is marked in it is not known. */
  static AuditedRegion unknown(int index, SpaceGeometry geometry) {
    return new AuditedRegion(Region.empty(index, geometry), geometry, false);
  }

  SpaceAudit.Claim claim(int firstUnit, int count, int unitBytes) {
    long doubly = 0;
    long unallocated = 0;
    for (int unit = firstUnit; unit < firstUnit + count; unit++) {
      if (reached.get(unit)) {
        doubly++;
      }
      if (isKnown && !marked.isTaken(unit, 1)) {
        unallocated++;
      }
    }
    reached.set(firstUnit, firstUnit + count);
    return new SpaceAudit.Claim(doubly * unitBytes, unallocated * unitBytes);
  }

  long leakedUnits(Consumer<String> leak) {
    long leaked = 0;
    int unit = geometry.fixedUnits(marked.index());
    int usedEnd = marked.endUnit();
    while (unit < usedEnd) {
      int end = unit;
      while (end < usedEnd && marked.isTaken(end, 1) && !reached.get(end)) {
        end++;
      }
      if (end > unit) {
        leaked += end - unit;
        leak.accept(
            "%d bytes at %d are marked as used and not reached"
                .formatted(
                    (long) (end - unit) << geometry.unitShift(),
                    geometry.unitOffset(marked.index(), unit)));
      }
      unit = end + 1;
    }
    return leaked;
  }
}
