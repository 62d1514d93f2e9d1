// SPDX-License-Identifier: Apache-2.0
/**
 * Defects that are planted around the store of this project, never in it, to see whether the
 * harness finds them, and after how much work.
 */
@NullMarked
package org.zapkv.harness.defects;

import org.jspecify.annotations.NullMarked;
