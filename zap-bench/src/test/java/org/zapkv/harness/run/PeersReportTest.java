// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.run.PeersReport.Peers;
import org.zapkv.harness.subject.Capability;

/** What stores lost, as a table. */
@Tag("once")
final class PeersReportTest {
  private static final Set<Capability> DURABLE = EnumSet.of(Capability.DURABLE);
  private static final Set<Capability> NOT = EnumSet.of(Capability.SURVIVES_KILL);

  @TempDir private Path directory;

  private static PeerResult result(
      String title, Set<Capability> capabilities, Map<Kind, Long> violations) {
    return new PeerResult(
        title,
        "none",
        "all",
        capabilities,
        40,
        1000,
        50,
        2000,
        300,
        7,
        new TreeMap<>(violations),
        Map.of(Kind.LOST, "LOST: key `a`\n" + "x".repeat(1000), Kind.ORDER, "ORDER: not right"),
        List.of(1.0, 2.5, 4.0),
        Duration.ofMillis(1500));
  }

  private Peers told() {
    return new Peers(List.of(new LogKind.Crashing()), 4, Duration.ofMinutes(5), 1, 2, directory);
  }

  private PeersReport report() {
    return new PeersReport(
        told(),
        "a machine",
        List.of(
            result("Good", DURABLE, Map.of()),
            result("Bad", DURABLE, Map.of(Kind.LOST, 3L, Kind.ORDER, 2L)),
            result("Modest", NOT, Map.of(Kind.LOST, 5L))));
  }

  @Test
  void theTableSaysWhatWasPromised() {
    assertEquals(
        """
        | Good | 40 | 1,000 | 2,000 | 0 | 300 | 7 | 0 | 2.5 ms | 4.0 ms |
        | Bad | 40 | 1,000 | 2,000 | 3 | 300 | 7 | 2 | 2.5 ms | 4.0 ms |
        | Modest | 40 | 1,000 | not promised | not promised | 2,300 | 7 | 5 | 2.5 ms | 4.0 ms |
        """,
        report().table().lines().skip(2).reduce("", (a, b) -> a + b + "\n"));
  }

  @Test
  void thePageHasThePromisesAndWhatWasFound() {
    String page = report().markdown();
    assertTrue(page.contains("a machine; seed 1, 2 threads."), page);
    assertTrue(page.contains("* Held to: `DURABLE`.\n* Found: nothing that it may not do."), page);
    assertTrue(page.contains("LOST in 3 of 1000 stores, the first: `LOST: key 'a' xxx"), page);
    assertTrue(
        page.contains("xxx…`; ORDER in 2 of 1000 stores, the first: `ORDER: not right`."), page);
  }

  @Test
  void programsAreToldTheSame() {
    String json = report().json();
    assertTrue(json.contains("\"durableCommits\": 2000"), json);
    assertTrue(json.contains("\"LOST\": 3"), json);
    assertTrue(json.contains("\"openingMedianMillis\": 2.5"), json);
    assertTrue(json.contains("\"seconds\": 1.5"), json);
  }

  /** So that a table has as many kills of each store. */
  @Test
  void aStoreThatFailsIsKilledNevertheless() throws Exception {
    PeersReport report = PeersReport.of(told(), kind -> RunListener.NONE);
    long violations = report.violations(new LogKind());
    assertTrue(violations >= 2, () -> "violations=" + violations);
    assertTrue(report.table().contains("| Log | 4 | "), report::table);
    assertTrue(report.markdown().contains("NOT_OPENED in "), report::markdown);
  }
}
