// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Text, JSON and page tell the same of a run. */
@Tag("once")
final class ResultTest {
  private static final Result.Problem PROBLEM =
      new Result.Problem(
          "LOST: t0.a should be <7>",
          3,
          2,
          1017,
          "power-cut 5 3",
          "/tmp/zap-1.log",
          IntStream.range(0, 50)
              .mapToObj(i -> "line & " + i + (i == 38 ? "k".repeat(1000) : ""))
              .toList(),
          List.of("replay it", "run it"));

  private static Result result(Result.@Nullable Problem problem) {
    Coverage coverage = new Coverage();
    coverage.add(Event.CHANGE, 1_000_000);
    coverage.add(Event.KILL, 9);
    Map<Event, String> untested = new EnumMap<>(Event.class);
    untested.put(Event.SCRUB, "it \"cannot\"");
    return new Result(
        new Result.Store("A < B", "usual", "all"),
        Map.of("seed", "12345678901234567"),
        untested,
        2_000_000,
        12,
        345,
        67,
        Duration.ofMillis(2500),
        coverage,
        new RecoveryTimes(List.of(1.5, 2.5)),
        List.of(
            new Timeline.Sample(0, 0, 0, 0),
            new Timeline.Sample(1, 1_500_000, 200, 20),
            new Timeline.Sample(2.5, 2_000_000, 345, 67)),
        problem);
  }

  @Test
  void textOfARunWithoutViolation() {
    String text = Summary.of(result(null));
    assertTrue(text.startsWith("A < B: no violation\n"), text);
    assertLine(text, "seed", "12345678901234567");
    assertLine(text, "operations", "2,000,000 in 2.5 s: 800,000/s");
    assertLine(text, "openings", "345");
    assertLine(text, "faults", "67");
    assertLine(text, "single changes", "1,000,000");
    assertLine(text, "kills", "9");
    String rest = text.substring(text.indexOf("NOT TESTED"));
    assertLine(rest, "scrubs", "it \"cannot\"");
    assertFalse(rest.contains("kills"), rest);
    assertFalse(text.contains("compactions"), text);
    assertFalse(text.contains("VIOLATION"), text);
  }

  @Test
  void textOfAViolation() {
    String text = Summary.of(result(PROBLEM));
    assertTrue(text.startsWith("A < B: VIOLATION\n"), text);
    assertTrue(text.contains("\nVIOLATION LOST: t0.a should be <7>\n"), text);
    assertLine(text, "where", "life 3, segment 2, after 1,017 operations");
    assertLine(text, "operation", "power-cut 5 3");
    assertLine(text, "log of operations", "/tmp/zap-1.log");
    assertLine(text, "again", "replay it");
    assertLine(text, "again", "run it");
    assertTrue(text.contains("    line & 39\n"), text);
    assertFalse(text.contains("line & 40\n"), text);
    assertTrue(text.contains("    line & 38" + "k".repeat(151) + "…\n"), text);
    assertTrue(text.endsWith("    … and more\n"), text);
  }

  private static void assertLine(String text, String name, String value) {
    assertTrue(
        text.lines().anyMatch(line -> line.matches(" +" + name + " +\\Q" + value + "\\E")),
        () -> name + " " + value + " in " + text);
  }

  @Test
  void jsonHasAll() {
    String json = ResultJson.of(result(PROBLEM));
    for (String line :
        List.of(
            "\"violations\": 1",
            "\"operations\": 2000000",
            "\"seconds\": 2.5",
            "\"medianMillis\": 2.5",
            "\"CHANGE\": 1000000",
            "\"READ\": 0",
            "\"SCRUB\": \"it \\\"cannot\\\"\"",
            "[1.0, 1500000, 200, 20]",
            "\"message\": \"LOST: t0.a should be <7>\"",
            "\"step\": 1017")) {
      assertTrue(json.contains(line), () -> line + " in " + json);
    }
    String fine = ResultJson.of(result(null));
    assertTrue(fine.contains("\"violations\": 0"), fine);
    assertFalse(fine.contains("\"violation\":"), fine);
  }

  @Test
  void thePageNeedsNoOtherFile() throws Exception {
    Document page = parse(HtmlPage.of(result(null)));
    assertEquals("A < B: no violation", text(page, "title", 0));
    for (String tag : List.of("script", "link", "img", "iframe")) {
      assertEquals(0, page.getElementsByTagName(tag).getLength(), tag);
    }
    assertEquals(1, rows(page, "never", "scrubs0not tested: it \"cannot\"").size());
    assertEquals(
        Event.values().length - 2, rows(page, "never", "").size(), "all but the two are at zero");
    assertEquals(1, rows(page, "", "kills9").size());
    List<Double> rate = line(page);
    assertEquals(2, rate.size());
    // 1,500,000 in the first second, then 333,333: y is downwards from 44 to 224, the axis to 1.5
    // M.
    assertEquals(44, rate.get(0), 0.1);
    assertEquals(224 - 180 / 4.5, rate.get(1), 0.1);
  }

  @Test
  void thePageShowsAViolationWithItsLog() throws Exception {
    Document page = parse(HtmlPage.of(result(PROBLEM)));
    assertEquals("A < B: VIOLATION", text(page, "h1", 0));
    assertEquals("LOST: t0.a should be <7>", text(page, "strong", 0));
    assertEquals("replay it\nrun it\n", text(page, "pre", 0));
    assertTrue(text(page, "pre", 1).endsWith("line & 49\n"));
  }

  @Test
  void theFilesHaveTheSameName(@TempDir Path directory) throws Exception {
    Path page = ReportFiles.write(directory.resolve("a/b"), "zap-1", result(null));
    assertEquals(directory.resolve("a/b/zap-1.html"), page);
    assertEquals(HtmlPage.of(result(null)), Files.readString(page));
    assertTrue(Files.readString(directory.resolve("a/b/zap-1.json")).startsWith("{"));
    assertTrue(Files.readString(directory.resolve("a/b/zap-1.txt")).startsWith("A < B"));
  }

  /** The y of the points of the first line. */
  private static List<Double> line(Document page) {
    Element line = (Element) page.getElementsByTagName("polyline").item(0);
    return List.of(line.getAttribute("points").split(" ")).stream()
        .map(point -> Double.valueOf(point.substring(point.indexOf(',') + 1)))
        .toList();
  }

  private static List<Element> rows(Document page, String style, String text) {
    NodeList rows = page.getElementsByTagName("tr");
    return IntStream.range(0, rows.getLength())
        .mapToObj(i -> (Element) rows.item(i))
        .filter(row -> row.getAttribute("class").equals(style))
        .filter(row -> text.isEmpty() || row.getTextContent().equals(text))
        .toList();
  }

  private static String text(Document page, String tag, int index) {
    return page.getElementsByTagName(tag).item(index).getTextContent();
  }

  private static Document parse(String html) throws Exception {
    String xml = html.replace("<!DOCTYPE html>\n", "");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }
}
