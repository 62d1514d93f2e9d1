// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

/** Longs in a micro ZAP. */
public final class MicroOperations extends LongOperations {
  /** Made by Lincheck. */
  public MicroOperations() {
    super(Maps.MICRO);
  }
}
