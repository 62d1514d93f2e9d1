// SPDX-License-Identifier: Apache-2.0
/** Zap and the stores it is measured beside, behind one interface. */
@org.jspecify.annotations.NullMarked
package org.zapkv.bench.peer;
