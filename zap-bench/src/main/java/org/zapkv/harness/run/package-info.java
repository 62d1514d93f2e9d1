// SPDX-License-Identifier: Apache-2.0
/** Runs: lives of stores, their ends, children that are killed, and replays. */
@NullMarked
package org.zapkv.harness.run;

import org.jspecify.annotations.NullMarked;
