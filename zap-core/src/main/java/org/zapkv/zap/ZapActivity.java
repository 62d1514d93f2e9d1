// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * How often the shape of a map has changed since it was opened.
 *
 * @param conversions micro maps that became fat
 * @param splits leaves that became two, those of the overflow too as in all that follows
 * @param merges pairs of leaves that became one
 * @param growthSteps steps in growing a pointer table, of which a large one takes many
 * @param reductions pointer tables that became smaller
 * @param leafReuses new leaves in blocks that somebody still had in memory as another leaf
 */
public record ZapActivity(
    long conversions,
    long splits,
    long merges,
    long growthSteps,
    long reductions,
    long leafReuses) {

  /** Nothing has happened. */
  public static final ZapActivity NONE = new ZapActivity(0, 0, 0, 0, 0, 0);

  /**
   * The activity of two maps.
   *
   * @param other that of another map
   * @return the sums
   */
  public ZapActivity plus(ZapActivity other) {
    return new ZapActivity(
        conversions + other.conversions,
        splits + other.splits,
        merges + other.merges,
        growthSteps + other.growthSteps,
        reductions + other.reductions,
        leafReuses + other.leafReuses);
  }
}
