// SPDX-License-Identifier: Apache-2.0
/**
 * A store's figures for Micrometer. Needs {@code io.micrometer:micrometer-core}, which whoever uses
 * this package adds: Zap brings it to nobody.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.micrometer;
