// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * How a block is stored, besides what is in it.
 *
 * @param objectType the code of the type of the object it belongs to
 * @param hasTrailer whether it says itself what it is, for when nothing that points to it is left
 * @param copyCount how many copies there are: 1, or 2 for what much depends on
 */
public record BlockForm(int objectType, boolean hasTrailer, int copyCount) {}
