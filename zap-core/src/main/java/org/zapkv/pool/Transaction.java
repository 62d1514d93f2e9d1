// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * A set of changes that reach the disk together: it belongs to one transaction group, and the group
 * is written only after every transaction in it has ended. A transaction is not undone by closing
 * it; it only marks where a change ends.
 *
 * <p>Used by one thread at a time. A thread that has a transaction open must not begin another, and
 * must not wait for a group to be synced.
 */
public interface Transaction extends AutoCloseable {

  /**
   * The transaction group that the changes belong to.
   *
   * @return the group's number, above 0
   */
  long group();

  /** Ends the transaction. Ending it twice does nothing. */
  @Override
  void close();
}
