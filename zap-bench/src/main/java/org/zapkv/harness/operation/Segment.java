// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.List;
import org.zapkv.harness.subject.OpenOptions;

/**
 * What is done to a store from an opening to the next one. Each thread has operations of its own.
 * Lines of text in a log; the same segment and one thread do the same again.
 *
 * @param options how the store is opened
 * @param slowPerMille how many of a thousand I/Os take a millisecond longer, some of them eight
 * @param operations of each thread, in its order
 * @param ending how it ends
 */
public record Segment(
    OpenOptions options, int slowPerMille, List<List<Operation>> operations, Ending ending) {
  /** How a segment ends. */
  public sealed interface Ending {
    /** The store is closed, and has everything when it is opened again. */
    record Close() implements Ending {}

    /**
     * Power is lost at places of the segment that follow from a seed, and in recoveries from that.
     * All of them are looked at; the run goes on with what the last one has left.
     *
     * @param seed decides on places and on what survives
     * @param cuts how many places are looked at, 1 or above
     */
    record PowerCut(long seed, int cuts) implements Ending {}

    /**
     * Fails a chosen I/O, or all from there on, while the operations run; then the store is opened
     * again with what the devices hold.
     *
     * @param fault READ_ERROR, WRITE_ERROR, FLUSH_ERROR, FULL, as of FaultyDevice
     * @param device 0: blocks, 1: log
     * @param operationsBefore how many I/Os of that kind go well before
     * @param times how many fail; {@link Integer#MAX_VALUE}: all
     */
    record Fault(String fault, int device, int operationsBefore, int times) implements Ending {}

    /**
     * The store is closed; of copies of what it left, bits are flipped, and everything is read:
     * each entry is right or its reading fails. The run goes on with what is not damaged.
     *
     * @param seed decides on the bits
     * @param flips how many copies are damaged, each in one bit
     */
    record BitFlips(long seed, int flips) implements Ending {}
  }
}
