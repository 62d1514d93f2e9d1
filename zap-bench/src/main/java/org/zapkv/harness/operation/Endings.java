// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.zapkv.harness.fault.FaultKind;

/** How segments end. */
final class Endings {
  private static final int BLOCKS = 0;
  private static final int LOG = 1;

  private static final String READ_ERROR = "READ_ERROR";
  private static final String WRITE_ERROR = "WRITE_ERROR";
  private static final String FLUSH_ERROR = "FLUSH_ERROR";

  /** About so many operations have a flush, if there are any. */
  private static final int OPERATIONS_OF_LOG_FLUSH = 4;

  private static final int OPERATIONS_OF_BLOCK_FLUSH = 16;

  private Endings() {}

  /** An ending by one of some faults, or a close. */
  static Segment.Ending random(
      SplittableRandom random, Set<FaultKind> faults, Volume volume, int operations) {
    List<FaultKind> choice = new ArrayList<>();
    add(choice, faults, FaultKind.POWER, 6);
    add(choice, faults, FaultKind.EIO, 6);
    add(choice, faults, FaultKind.FULL, 1);
    add(choice, faults, FaultKind.FLIP, 1);
    // As often as two of these.
    int dice = random.nextInt(choice.size() + 2);
    if (dice >= choice.size()) {
      return new Segment.Ending.Close();
    }
    int looks = Chance.logarithmic(random, 1, volume.looks());
    return switch (choice.get(dice)) {
      case POWER -> new Segment.Ending.PowerCut(random.nextLong(), looks);
      case FLIP -> new Segment.Ending.BitFlips(random.nextLong(), looks);
      case FULL -> fault(random, "FULL", random.nextInt(2), operations);
      default -> failure(random, operations);
    };
  }

  private static void add(
      List<FaultKind> choice, Set<FaultKind> faults, FaultKind fault, int times) {
    if (faults.contains(fault)) {
      for (int i = 0; i < times; i++) {
        choice.add(fault);
      }
    }
  }

  /**
   * A log is read at its opening only. Flushes that fail are as many as all else: what a store that
   * does not look has lost by one, a loss of power has to show while it matters. There are fewer of
   * them than operations, and far fewer of the blocks.
   */
  private static Segment.Ending failure(SplittableRandom random, int operations) {
    return switch (random.nextInt(7)) {
      case 0 -> fault(random, READ_ERROR, BLOCKS, operations);
      case 1 -> fault(random, WRITE_ERROR, BLOCKS, operations);
      case 2 -> fault(random, WRITE_ERROR, LOG, operations);
      case 3, 4 -> fault(random, FLUSH_ERROR, BLOCKS, operations / OPERATIONS_OF_BLOCK_FLUSH);
      default -> fault(random, FLUSH_ERROR, LOG, operations / OPERATIONS_OF_LOG_FLUSH);
    };
  }

  /** There may be few I/Os of a kind: the first ones are as likely as many of the later ones. */
  private static Segment.Ending fault(
      SplittableRandom random, String fault, int device, int operations) {
    int before = Chance.logarithmic(random, 1, operations + 1) - 1;
    return new Segment.Ending.Fault(
        fault, device, before, Chance.of(random, 1, 1, 3, Integer.MAX_VALUE));
  }
}
