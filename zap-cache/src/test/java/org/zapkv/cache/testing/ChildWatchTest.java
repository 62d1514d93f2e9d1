// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A child that never ends holds nobody up for ever. */
@Tag("once")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChildWatchTest {
  /** Says something, and then nothing, for ever. */
  private static Process child() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/cat")));
    Process child = new ProcessBuilder("/bin/cat").start();
    child.getOutputStream().write('a');
    child.getOutputStream().flush();
    return child;
  }

  @Test
  void whoReadsFromAChildThatNeverEndsComesToAnEnd() throws Exception {
    Process child = child();
    ChildWatch watch = ChildWatch.of(child, Duration.ofMillis(100));
    assertEquals(1, child.getInputStream().readAllBytes().length);
    AssertionError told = assertThrows(AssertionError.class, watch::close);
    assertTrue(told.getMessage().contains("was killed"), told.getMessage());
    child.waitFor();
  }

  @Test
  void aChildThatEndsInTimeIsLeftAlone() throws Exception {
    Process child = child();
    try (ChildWatch watch = ChildWatch.of(child)) {
      child.getOutputStream().close();
      assertEquals(1, child.getInputStream().readAllBytes().length);
      assertNotNull(watch);
      assertEquals(0, child.waitFor());
    }
  }
}
