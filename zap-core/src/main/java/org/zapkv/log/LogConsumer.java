// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

/** Is given the records of a log, in their order. */
@FunctionalInterface
public interface LogConsumer {
  /**
   * Takes one record.
   *
   * @param sequence its sequence
   * @param payload what was appended; belongs to the consumer
   */
  void accept(long sequence, byte[] payload);
}
