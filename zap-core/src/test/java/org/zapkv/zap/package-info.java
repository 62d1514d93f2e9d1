// SPDX-License-Identifier: Apache-2.0
/** Tests of the ZAP, over a block object that lives in memory. */
@org.jspecify.annotations.NullMarked
package org.zapkv.zap;
