// SPDX-License-Identifier: Apache-2.0
/**
 * What goes wrong around a store while it is tested: devices that lose power, fail, fill up, or
 * lie.
 */
@NullMarked
package org.zapkv.harness.fault;

import org.jspecify.annotations.NullMarked;
