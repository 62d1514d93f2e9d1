// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.time.Clock;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.OverlayDevice;
import org.zapkv.error.CorruptException;
import org.zapkv.error.NotAStoreException;

/**
 * What is left of a store of which anything may be lost: its label, its uberblocks, whatever they
 * lead to. For reading only: the device is never written.
 */
public final class DamagedPool implements AutoCloseable {
  /** Any one will do where it is lost: no block but the head depends on it. */
  private static final UUID UNKNOWN_STORE = new UUID(0, 0);

  private final Pool pool;
  private final OverlayDevice device;
  private final SpaceGeometry geometry;
  private final @Nullable Label label;
  private final @Nullable Uberblock state;
  private final boolean mayBeOutdated;

  private DamagedPool(
      Pool pool,
      OverlayDevice device,
      SpaceGeometry geometry,
      @Nullable Label label,
      @Nullable Uberblock state,
      boolean mayBeOutdated) {
    this.pool = pool;
    this.device = device;
    this.geometry = geometry;
    this.label = label;
    this.state = state;
    this.mayBeOutdated = mayBeOutdated;
  }

  /**
   * Opens whatever is there.
   *
   * @param device the device; belongs to the caller
   * @param cache where memory for input comes from
   * @param clock what time it is
   * @return the pool
   * @throws org.zapkv.error.FormatTooNewException if the label asks for what is not known here
   */
  public static DamagedPool open(BlockDevice device, BufferCache cache, Clock clock) {
    OverlayDevice overlay = new OverlayDevice(device);
    IoMemory memory = cache.allocateIo(BlockStager.RING_BYTES);
    try {
      PoolHead.readInPieces(overlay, memory.address());
      Label label = labelIn(memory.address(), overlay.name());
      Uberblock state = label == null ? null : Uberblock.newest(memory.address(), label.storeId());
      boolean mayBeOutdated =
          label != null
              && state != null
              && Uberblock.mayHaveLostNext(memory.address(), label.storeId(), state.group());
      SpaceGeometry geometry = label == null ? SpaceGeometry.standard() : label.geometry();
      Label used =
          label == null
              ? Label.ofNewStore(geometry, UNKNOWN_STORE, Feature.ofNewStore(false))
              : label;
      // The pool allocates nothing, so it need not know the space map, which may be damaged.
      Uberblock from = state == null ? noState() : state.withoutSpace();
      Pool pool = Pool.start(overlay, cache, clock, used, from, memory);
      return new DamagedPool(pool, overlay, geometry, label, state, mayBeOutdated);
    } catch (Throwable e) {
      memory.close();
      throw e;
    }
  }

  private static Uberblock noState() {
    return Uberblock.ofNewStore(1, new byte[Pool.ROOT_BYTES]);
  }

  private static @Nullable Label labelIn(long headAddress, String deviceName) {
    try {
      return Label.decode(headAddress, deviceName, false);
    } catch (CorruptException | NotAStoreException e) {
      return null;
    }
  }

  /**
   * The pool, for reading blocks.
   *
   * @return the pool; its root and its position in the log are of use if there is a state
   */
  public Pool pool() {
    return pool;
  }

  /**
   * Whether the label is there.
   *
   * @return false: the identity of the store is not known
   */
  public boolean hasLabel() {
    return label != null;
  }

  /**
   * Whether there is a valid uberblock.
   *
   * @return false: the tree of blocks has no beginning
   */
  public boolean hasState() {
    return state != null;
  }

  /**
   * Whether the state may be followed by a newer one whose uberblock is lost in both copies.
   *
   * @return false: nothing newer was committed, or there is no state
   */
  public boolean mayBeOutdated() {
    return mayBeOutdated;
  }

  /**
   * The group of the state.
   *
   * @return its number, if there is a state
   */
  public long group() {
    return state == null ? 0 : state.group();
  }

  /**
   * Looks for data blocks all over the device, by what they say of themselves.
   *
   * @param cache where memory for input comes from
   * @param visitor is told of every block that may belong to the state of the store
   * @param progress is told how far the scan is
   */
  public void scan(BufferCache cache, BlockScan.Visitor visitor, BlockScan.Progress progress) {
    Uberblock known = state == null ? noState() : state;
    Long store = label == null ? null : BlockTrailer.storeOf(label.storeId());
    SpaceStore spaceStore = new SpaceStore(device, geometry);
    try (UsedSpace used = new UsedSpace(spaceStore, known, state != null, cache);
        BlockScan scan = new BlockScan(device, pool, geometry, cache, progress)) {
      scan.run(store, used, visitor);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
