// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.zapkv.object.ObjectSetOptions;
import org.zapkv.pool.Compression;
import org.zapkv.zap.LeafPacking;
import org.zapkv.zap.ZapParameters;

/**
 * What a {@link ZapStoreBuilder} has been told.
 *
 * @param objects how the object set works
 * @param maps how maps are built
 * @param durability what commits promise that say nothing else
 * @param acceptLogLoss whether a store is opened whose intent log is damaged
 * @param readOnly whether nothing that is stored is changed
 * @param publishing whether other processes can read the statistics
 */
record StoreOptions(
    ObjectSetOptions objects,
    ZapParameters maps,
    Durability durability,
    boolean acceptLogLoss,
    boolean readOnly,
    boolean publishing) {

  /** By measurement: see the decisions of this module. */
  private static final Compression DEFAULT_COMPRESSION = Compression.PACKED;

  /** What applies where nothing else is said. */
  static final StoreOptions DEFAULT =
      new StoreOptions(
          ObjectSetOptions.defaults()
              .withCompression(DEFAULT_COMPRESSION)
              .withPacking(LeafPacking.instance()),
          ZapParameters.DEFAULT,
          Durability.SYNC,
          false,
          false,
          false);

  StoreOptions withObjects(ObjectSetOptions other) {
    return new StoreOptions(other, maps, durability, acceptLogLoss, readOnly, publishing);
  }

  StoreOptions withMaps(ZapParameters other) {
    return new StoreOptions(objects, other, durability, acceptLogLoss, readOnly, publishing);
  }

  StoreOptions withDurability(Durability other) {
    return new StoreOptions(objects, maps, other, acceptLogLoss, readOnly, publishing);
  }

  StoreOptions withAcceptLogLoss(boolean accept) {
    return new StoreOptions(objects, maps, durability, accept, readOnly, publishing);
  }

  StoreOptions withReadOnly(boolean onlyRead) {
    return new StoreOptions(objects, maps, durability, acceptLogLoss, onlyRead, publishing);
  }

  StoreOptions withPublishing(boolean publish) {
    return new StoreOptions(objects, maps, durability, acceptLogLoss, readOnly, publish);
  }
}
