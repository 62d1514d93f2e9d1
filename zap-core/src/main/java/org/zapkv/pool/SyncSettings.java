// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.time.Duration;

/**
 * When transaction groups are synced by themselves.
 *
 * @param interval how long changes wait at most
 * @param dirtyLimitBytes how many bytes of changed blocks make a group sync early
 * @param readOnly whether nothing that is written stays: then a group is only synced for the memory
 *     that its changes take, nothing is tidied up, and the last changes are not written
 * @param background whether groups are synced while others go on; false: only while somebody who
 *     begins a transaction, syncs or closes waits for it, whatever the interval
 */
public record SyncSettings(
    Duration interval, long dirtyLimitBytes, boolean readOnly, boolean background) {}
