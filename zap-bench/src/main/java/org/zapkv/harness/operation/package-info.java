// SPDX-License-Identifier: Apache-2.0
/** What the harness does to a store: operations, how they are chosen, written down and replayed. */
@NullMarked
package org.zapkv.harness.operation;

import org.jspecify.annotations.NullMarked;
