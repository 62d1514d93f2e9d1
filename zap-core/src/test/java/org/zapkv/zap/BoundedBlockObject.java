// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.object.ImageObject;
import org.zapkv.object.testing.WrappedObject;

/** An object that may be held so many times only: work without bounds shows there. */
final class BoundedBlockObject extends WrappedObject {
  private final int mostHolds;
  private int holds;

  BoundedBlockObject(ImageObject object, int mostHolds) {
    super(object);
    this.mostHolds = mostHolds;
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    if (++holds > mostHolds) {
      throw new AssertionError("more than " + mostHolds + " holds, the last one of " + blockId);
    }
    return super.hold(blockId, tag);
  }
}
