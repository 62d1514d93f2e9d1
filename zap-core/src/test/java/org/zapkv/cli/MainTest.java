// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @Test
  void shouldExplainItself() {
    String help = Cli.run("--help").ok().out();
    for (String part :
        new String[] {
          "load", "demo", "compact", "salvage", "Exit codes:", "2    what is stored is damaged"
        }) {
      assertTrue(help.contains(part), help);
    }
    assertTrue(Cli.run("--version").ok().out().startsWith("zap "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "load", "get", "put", "rm", "scan", "count", "maps", "verify", "stat", "check", "scrub",
        "compact", "salvage", "demo", "drop", "rename", "clear"
      })
  void shouldExplainEachCommand(String command) {
    String help = Cli.run(command, "--help").ok().out();
    assertTrue(help.startsWith("Usage: zap " + command + " "), help);
    assertTrue(help.contains("Exit codes:"), help);
    assertEquals(help, Cli.run("help", command).ok().out());
  }

  @Test
  void shouldRefuseAWrongCommandLineInOneLine() {
    for (String[] args :
        new String[][] {
          {},
          {"unknown"},
          {"get"},
          {"get", "s", "m"},
          {"get", "s", "m", "k", "extra"},
          {"scan", "--nothing", "s", "m"},
          {"put", "s", "m", "k"}
        }) {
      Cli.Result result = Cli.run((Object[]) args).exits(ExitCode.USAGE);
      assertTrue(result.err().matches("zap: [^\n]+ --help\\)\n"), result.err());
      assertEquals("", result.out());
    }
  }
}
