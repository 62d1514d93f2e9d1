// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

/** Longs in a fat ZAP. */
public final class FatOperations extends LongOperations {
  /** Made by Lincheck. */
  public FatOperations() {
    super(Maps.FAT);
  }
}
