// SPDX-License-Identifier: Apache-2.0
/**
 * The harness: finds out whether a store, a configuration or a machine loses data. {@code Harness}
 * runs it, {@code HarnessMain} is its command line; below them the packages, each of which uses
 * only those after it: {@code run}, {@code fault}, {@code report}, {@code oracle}, {@code
 * operation}, {@code subject}.
 */
@NullMarked
package org.zapkv.harness;

import org.jspecify.annotations.NullMarked;
