// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** incr counts, and leaves bytes alone. */
class IncrementCommandTest {
  @TempDir private Path directory;

  @Test
  void countsUpAndDownFromNothing() {
    Path store = directory.resolve("store");
    assertEquals("1\n", Cli.run("incr", store, "m", "k").ok().out());
    assertEquals("11\n", Cli.run("incr", "--by", 10, store, "m", "k").ok().out());
    assertEquals("-4\n", Cli.run("incr", "--by", -15, store, "m", "k").ok().out());
    assertEquals("-4\n", Cli.run("get", "--long", store, "m", "k").ok().out());
  }

  @Test
  void refusesBytes() {
    Path store = directory.resolve("store");
    Cli.run("put", store, "m", "k", "1").ok();
    Cli.Result refused = Cli.run("incr", store, "m", "k").exits(1);
    assertTrue(refused.err().startsWith("zap: "), refused::toString);
    assertEquals("1\n", Cli.run("get", store, "m", "k").ok().out());
    Cli.run("put", "--long", store, "m", "most", Long.MAX_VALUE).ok();
    Cli.run("incr", store, "m", "most").exits(1);
    assertEquals(Long.MAX_VALUE + "\n", Cli.run("get", store, "m", "most").ok().out());
    Cli.run("incr", "--by", "x", store, "m", "k").exits(64);
    Cli.run("incr", store, "m", "k".repeat(1024)).exits(1);
  }
}
