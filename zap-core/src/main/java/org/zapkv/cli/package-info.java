// SPDX-License-Identifier: Apache-2.0
/** The command line: the store's operations for people and scripts. */
@NullMarked
package org.zapkv.cli;

import org.jspecify.annotations.NullMarked;
