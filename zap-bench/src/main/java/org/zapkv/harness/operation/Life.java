// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.List;

/**
 * All that is done to a store from its creation on: what a log of operations holds, and what is
 * replayed and minimised.
 *
 * @param seed the seed of the run
 * @param number which life of the run this is, 0 and up
 * @param store the name of the class of the kind of store
 * @param segments what is done, in order
 */
public record Life(long seed, int number, String store, List<Segment> segments) {}
