// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** What is behind a {@link Zap}: a micro map, which is made fat when something no longer fits. */
final class ZapBody {
  /*
   * Implementation notes.
   *
   * fat is false until the conversion is done, and then true for ever. While it is false every
   * operation holds the structure lock from beginning to end, shared for reading, exclusive for
   * writing, and looks at fat again under it. Once it has been seen true no lock is needed to know
   * it.
   *
   * broken is set when a conversion fails after its last safe point, which takes a defect or damage
   * that appears between two reads of the same memory. Half a map must not be read as if it were a
   * whole one, so every later operation fails.
   */

  private final BlockObject object;
  private final ZapParameters parameters;
  private final StampedLock structure = new StampedLock();
  private final MicroZap micro;
  private final FatZap fatZap;
  private final ZapNames names;

  private volatile boolean fat;
  private volatile @Nullable Throwable broken;

  ZapBody(BlockObject object, ZapParameters parameters, LeafCreator creator) {
    this.object = object;
    this.parameters = parameters;
    this.micro = new MicroZap(object, parameters);
    this.fatZap = new FatZap(object, parameters, structure, creator);
    Buffer block0 = micro.hold();
    try {
      this.fat = !MicroZap.isMicro(block0);
      ZapNames stored = fat ? header().names() : micro.names();
      this.names = stored.upTo(parameters.maxKeyBytes());
    } finally {
      micro.release(block0);
    }
  }

  /** The header, of which block 0 is held by the caller. */
  private FatHeader header() {
    FatHeader header = fatZap.access().holdHeader();
    fatZap.access().release(header);
    return header;
  }

  boolean isFat() {
    return fat;
  }

  /** For reading without a lock, as long as the map is not fat. */
  MicroZap micro() {
    return micro;
  }

  /** To be used once the map is fat. */
  FatZap fatZap() {
    return fatZap;
  }

  /** How keys become names. That never changes, so names can be hashed before any lock is taken. */
  ZapNames names() {
    return names;
  }

  boolean isBroken() {
    return broken != null;
  }

  /**
   * Refuses the use of half a map.
   *
   * @throws ZapException if the map is that
   */
  void checkWhole() {
    Throwable cause = broken;
    if (cause != null) {
      throw new ZapException(
          "object=" + object.objectId() + ": a conversion failed half-way; reopen the store",
          cause);
    }
  }

  @Nullable ZapValue get(ZapName name) {
    if (!fat) {
      long stamp = structure.readLock();
      try {
        if (!fat) {
          return micro.get(name);
        }
      } finally {
        structure.unlockRead(stamp);
      }
    }
    return fatZap.get(name);
  }

  boolean contains(ZapName name) {
    if (!fat) {
      long stamp = structure.readLock();
      try {
        if (!fat) {
          return micro.contains(name);
        }
      } finally {
        structure.unlockRead(stamp);
      }
    }
    return fatZap.contains(name);
  }

  /** Reads from the map as it is, micro or fat. */
  <T extends @Nullable Object> T read(Function<Entries, T> reader) {
    if (!fat) {
      long stamp = structure.readLock();
      try {
        if (!fat) {
          return reader.apply(micro);
        }
      } finally {
        structure.unlockRead(stamp);
      }
    }
    return reader.apply(fatZap);
  }

  Write.Outcome write(Write write, Transaction tx) {
    FatWriter.checkSize(write.value());
    if (!fat) {
      Write.Outcome outcome = writeMicro(write, tx);
      if (outcome != null) {
        return outcome;
      }
    }
    return fatZap.write(write, tx);
  }

  /** Writes to a micro map; null when the map is fat, or has been made fat for this write. */
  private Write.@Nullable Outcome writeMicro(Write write, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      if (fat) {
        return null;
      }
      Write.Outcome outcome = micro.write(write, tx);
      if (outcome != Write.Outcome.NO_ROOM) {
        return outcome;
      }
      int shift = parameters.fatBlockShift();
      FatWriter.checkFits(write.name(), write.value(), LeafLayout.of(shift));
      convert(shift, tx);
      return null;
    } finally {
      structure.unlockWrite(stamp);
    }
  }

  private void convert(int shift, Transaction tx) {
    FatConversion conversion = new FatConversion(object, fatZap, shift);
    try {
      conversion.convert(tx);
      fat = true;
      fatZap.counters().conversions.incrementAndGet();
      micro.forget();
    } catch (RuntimeException | Error e) {
      if (!conversion.isUndone()) {
        broken = e;
      }
      throw e;
    }
  }

  /** Removes an entry, if it has a certain value; null: whatever it has. */
  @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx) {
    if (!fat) {
      long stamp = structure.writeLock();
      try {
        if (!fat) {
          return micro.remove(name, expected, tx);
        }
      } finally {
        structure.unlockWrite(stamp);
      }
    }
    return fatZap.remove(name, expected, tx);
  }

  /** Makes many changes: one by one as long as the map is micro, then leaf by leaf. */
  void applyAll(List<? extends ZapChange> changes, Transaction tx) {
    int done = 0;
    for (; !fat && done < changes.size(); done++) {
      applyOne(changes.get(done), tx);
    }
    if (done < changes.size()) {
      fatZap.applyAll(changes, done, names, tx);
    }
  }

  private void applyOne(ZapChange change, Transaction tx) {
    ZapName name = names.exact(change.key());
    ZapValue next = change.next();
    if (next == null) {
      ZapMatch removed = remove(name, null, tx);
      change.made(removed == null ? null : removed.value());
    } else {
      Write write = new Write(name, next, true, Write.ANY_CD);
      write(write, tx);
      change.made(write.previous());
    }
  }

  long count() {
    if (!fat) {
      long stamp = structure.readLock();
      try {
        if (!fat) {
          return micro.count();
        }
      } finally {
        structure.unlockRead(stamp);
      }
    }
    return fatZap.count();
  }

  /** For a cursor: goes to the first entry at or after its position. */
  boolean next(ZapCursor cursor) {
    if (!fat) {
      long stamp = structure.readLock();
      try {
        if (!fat) {
          return micro.next(cursor);
        }
      } finally {
        structure.unlockRead(stamp);
      }
    }
    return fatZap.walk().next(cursor);
  }

  /** How often the shape of the map has changed since it was opened. */
  ZapActivity activity() {
    return fatZap.counters().activity(fatZap.leafReuses());
  }

  /** The shape of the map, which does not change meanwhile. */
  ZapStatistics statistics() {
    long stamp = structure.readLock();
    try {
      return fat ? new StatisticsCollector(fatZap).collect() : micro.statistics();
    } finally {
      structure.unlockRead(stamp);
    }
  }

  List<ZapLeaf> leaves() {
    long stamp = structure.readLock();
    try {
      return fat ? new StatisticsCollector(fatZap).leaves() : List.of(micro.leaf());
    } finally {
      structure.unlockRead(stamp);
    }
  }

  /** Checks everything that is stored, while the shape does not change. */
  void check(ZapProblems sink) {
    long stamp = structure.readLock();
    try {
      if (fat) {
        new ZapChecker(object, fatZap).check(sink);
      } else {
        micro.check(sink);
      }
    } finally {
      structure.unlockRead(stamp);
    }
  }
}
