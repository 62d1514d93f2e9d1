// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.zapkv.object.ObjectSetOptions;
import org.zapkv.zap.ZapParameters;

/**
 * What a {@link ZapStoreBuilder} has been told.
 *
 * @param objects how the object set works
 * @param maps how maps are built
 * @param durability what commits promise that say nothing else
 * @param acceptLogLoss whether a store is opened whose intent log is damaged
 */
record StoreOptions(
    ObjectSetOptions objects, ZapParameters maps, Durability durability, boolean acceptLogLoss) {

  StoreOptions withObjects(ObjectSetOptions other) {
    return new StoreOptions(other, maps, durability, acceptLogLoss);
  }

  StoreOptions withMaps(ZapParameters other) {
    return new StoreOptions(objects, other, durability, acceptLogLoss);
  }

  StoreOptions withDurability(Durability other) {
    return new StoreOptions(objects, maps, other, acceptLogLoss);
  }

  StoreOptions withAcceptLogLoss(boolean accept) {
    return new StoreOptions(objects, maps, durability, accept);
  }
}
