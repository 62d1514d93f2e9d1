// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/** A transaction that is inside the gate, with the space it said it might need. */
final class OpenTransaction implements Transaction {
  private final TransactionGroups groups;
  private final long group;
  private final long expectedBytes;
  private boolean ended;

  OpenTransaction(TransactionGroups groups, long group, long expectedBytes) {
    this.groups = groups;
    this.group = group;
    this.expectedBytes = expectedBytes;
  }

  @Override
  public long group() {
    return group;
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      groups.end(expectedBytes);
    }
  }

  @Override
  public String toString() {
    return "Transaction[group=" + group + (ended ? ", ended]" : "]");
  }
}
