// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.subject.Place;

/** Where the store of a life is, from one segment to the next. */
interface Stage {
  /** The store is about to be opened for a segment. */
  Place begin(Segment segment, boolean isExact) throws IOException;

  /** How far the recording is, if there is one: what the oracle takes for the time. */
  long position();

  /** Whether an operation may fail by now, as a device has. */
  boolean mayFail();

  /** Nothing fails from now on. */
  void heal();

  /** The store was closed, and the segment ends as it should. */
  Left end(Segment segment) throws IOException;

  /**
   * What the next opening is judged by.
   *
   * @param position how far the recording was
   * @param powerLost whether what was not durable may be lost
   */
  record Left(long position, boolean powerLost) {}
}
