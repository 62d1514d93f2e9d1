// SPDX-License-Identifier: Apache-2.0
/** What a store may hold, given what was done to it: the judge. Knows nothing of any store. */
@NullMarked
package org.zapkv.harness.oracle;

import org.jspecify.annotations.NullMarked;
