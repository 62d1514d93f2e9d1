// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.subject.StoreKind;

/**
 * What a run is told.
 *
 * @param store the kind of store
 * @param duration after how long no new life of a store begins; the one that is there is ended
 * @param seed what everything follows from, but for what threads do at the same time
 * @param threads how many use the store at once; 1: a run can be repeated exactly
 * @param faults what may go wrong
 * @param directory where stores and logs of operations are made; null: a temporary one
 */
public record Settings(
    StoreKind store,
    Duration duration,
    long seed,
    int threads,
    Set<FaultKind> faults,
    @Nullable Path directory) {}
