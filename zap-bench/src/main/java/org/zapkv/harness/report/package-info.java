// SPDX-License-Identifier: Apache-2.0
/** What a run tells people: progress, summary, JSON, a page with charts. */
@NullMarked
package org.zapkv.harness.report;

import org.jspecify.annotations.NullMarked;
