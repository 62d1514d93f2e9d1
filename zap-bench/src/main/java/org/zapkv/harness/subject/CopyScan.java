// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A walk over a copy of what was there at its beginning. */
final class CopyScan implements Subject.Scan {
  private final Iterator<Subject.Entry> entries;

  CopyScan(List<Subject.Entry> entries) {
    this.entries = entries.iterator();
  }

  @Override
  public Subject.@Nullable Entry next() {
    return entries.hasNext() ? entries.next() : null;
  }

  @Override
  public void close() {}
}
