// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

/**
 * What was found to be there, and is in order.
 *
 * @param entries how many entries the store holds
 * @param commits how many commits since it was opened are surely there
 * @param lost how many commits that had been acknowledged are surely not there, as they may
 */
public record Settled(int entries, long commits, long lost) {}
