// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.locks.StampedLock;
import org.zapkv.cache.Buffer;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** Makes the blocks of an empty map in a new object. */
final class ZapCreation {
  private ZapCreation() {}

  /**
   * Makes them.
   *
   * @throws IllegalArgumentException if keys are to be 64-bit words and to be normalised
   */
  static void create(BlockObject object, ZapParameters parameters, Transaction tx) {
    int normflags = parameters.normalization().normflags();
    if (!ZapNames.areNormflags(normflags, parameters.flags())) {
      throw new IllegalArgumentException(
          "normalization=" + parameters.normalization() + ": keys that are words have none");
    }
    long salt = parameters.newSalt();
    if (parameters.flags() == 0) {
      Buffer block0 = firstBlock(object, MicroLayout.STEP_BYTES, tx);
      try {
        MicroZap.format(block0, salt, normflags);
      } finally {
        block0.release(object);
      }
    } else {
      createFat(object, parameters, salt, tx);
    }
  }

  private static void createFat(
      BlockObject object, ZapParameters parameters, long salt, Transaction tx) {
    FatZap fat = new FatZap(object, parameters, new StampedLock(), new ReusingLeafCreator());
    Buffer block0 = firstBlock(object, 1 << parameters.fatBlockShift(), tx);
    try {
      FatHeader header =
          FatHeader.create(
              block0, salt, parameters.normalization().normflags(), parameters.flags());
      fat.shape().createFirstLeaf(header, tx);
    } finally {
      block0.release(object);
    }
  }

  private static Buffer firstBlock(BlockObject object, int sizeBytes, Transaction tx) {
    Buffer block0 = object.hold(0, object);
    boolean kept = false;
    try {
      if (block0.sizeBytes() != sizeBytes) {
        return object.resize(block0, sizeBytes, tx, object);
      }
      object.dirty(block0, tx);
      kept = true;
      return block0;
    } finally {
      if (!kept) {
        block0.release(object);
      }
    }
  }
}
