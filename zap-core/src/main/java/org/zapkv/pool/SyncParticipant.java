// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/** The layer above, as the transaction groups see it: what there is to be written in a group. */
public interface SyncParticipant {

  /**
   * Whether anything was changed in a group. Called by any thread.
   *
   * @param group a group that is not yet durable
   * @return true when the group has to be synced
   */
  boolean hasChanges(long group);

  /**
   * Whether a group without changes is wanted, to tidy up in. Called by any thread.
   *
   * @return true when one should come, if nobody changes anything for a while
   */
  boolean wantsEmptyGroup();

  /**
   * Writes all blocks changed in a group, through the pool. Called by the syncing thread, when
   * every transaction of the group has ended.
   *
   * @param group the group
   * @return the root that the uberblock is to hold, {@link Pool#ROOT_BYTES} long; not changed later
   */
  byte[] sync(long group);

  /**
   * The group is durable. Called by the syncing thread.
   *
   * @param group the group
   */
  void committed(long group);

  /**
   * Nobody changes anything any more, and the groups that still come are the last. Called by the
   * syncing thread.
   */
  void closing();
}
