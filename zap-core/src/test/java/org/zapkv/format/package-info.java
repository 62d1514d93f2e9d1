// SPDX-License-Identifier: Apache-2.0
/** A reader of stores that was written by docs/format.md and shares no code with the library. */
@NullMarked
package org.zapkv.format;

import org.jspecify.annotations.NullMarked;
