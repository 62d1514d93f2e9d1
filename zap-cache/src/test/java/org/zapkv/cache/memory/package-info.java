// SPDX-License-Identifier: Apache-2.0
@NullMarked
package org.zapkv.cache.memory;

import org.jspecify.annotations.NullMarked;
