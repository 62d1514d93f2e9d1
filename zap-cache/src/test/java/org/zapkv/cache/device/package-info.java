// SPDX-License-Identifier: Apache-2.0
@NullMarked
package org.zapkv.cache.device;

import org.jspecify.annotations.NullMarked;
