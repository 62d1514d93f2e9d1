// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** What is stored is damaged. The message names the object, the block and the place in it. */
public final class CorruptException extends ZapException {
  private static final long serialVersionUID = 1L;

  /** What {@link #objectId()} and {@link #blockId()} are where no object or block is concerned. */
  public static final long NONE = -1;

  /** The object, or {@link #NONE}. */
  private final long objectId;

  /** The block within it, or {@link #NONE}. */
  private final long blockId;

  /** Where in the block the damage was seen, in bytes, or {@link #NONE}. */
  private final long offsetBytes;

  /**
   * Damage inside a block of an object.
   *
   * @param objectId the object, or {@link #NONE}
   * @param blockId the block of the object, or {@link #NONE}
   * @param offsetBytes where in the block the damage was seen, in bytes, or {@link #NONE}
   * @param problem what is wrong there, with the values
   */
  public CorruptException(long objectId, long blockId, long offsetBytes, String problem) {
    super(message(objectId, blockId, offsetBytes, problem));
    this.objectId = objectId;
    this.blockId = blockId;
    this.offsetBytes = offsetBytes;
  }

  private static String message(long objectId, long blockId, long offsetBytes, String problem) {
    StringBuilder message = new StringBuilder("corrupt");
    if (objectId != NONE) {
      message.append(" object=").append(objectId);
    }
    if (blockId != NONE) {
      message.append(" block=").append(blockId);
    }
    if (offsetBytes != NONE) {
      message.append(" offset=").append(offsetBytes);
    }
    return message.append(": ").append(problem).toString();
  }

  /**
   * The damaged object.
   *
   * @return its number, or {@link #NONE}
   */
  public long objectId() {
    return objectId;
  }

  /**
   * The damaged block.
   *
   * @return its number within the object, or {@link #NONE}
   */
  public long blockId() {
    return blockId;
  }

  /**
   * Where in the block the damage was seen.
   *
   * @return the offset in bytes, or {@link #NONE}
   */
  public long offsetBytes() {
    return offsetBytes;
  }
}
