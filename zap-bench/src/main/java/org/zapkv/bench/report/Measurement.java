// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.IOException;

/** Something that is measured in a JVM of its own: a constant of a public enum. */
public interface Measurement {
  /**
   * The name of the constant.
   *
   * @return the name
   */
  String name();

  /**
   * Measures.
   *
   * @param parameters what it is told
   * @param ready to be called when the process may be killed, by one that ends so
   * @return what it found
   * @throws IOException if it cannot be done
   * @throws InterruptedException if the thread is interrupted
   */
  Figures run(Parameters parameters, Runnable ready) throws IOException, InterruptedException;
}
