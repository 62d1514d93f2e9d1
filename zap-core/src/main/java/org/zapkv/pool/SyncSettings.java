// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.time.Duration;

/**
 * When transaction groups are synced by themselves.
 *
 * @param interval how long changes wait at most
 * @param dirtyLimitBytes how many bytes of changed blocks make a group sync early
 */
public record SyncSettings(Duration interval, long dirtyLimitBytes) {}
