// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

@Tag("once")
final class ChartTest {
  @Test
  void barsAreAsLongAsTheirValues() throws Exception {
    Document svg =
        parse(
            Chart.bars(
                "time < of & \"things\"",
                List.of(
                    new Chart.Bar("Zap", 50, 40, 100, true), new Chart.Bar("b", 25, 25, 25, false)),
                Formats::count));
    assertEquals("time < of & \"things\"", text(svg, "title", 0));
    NodeList bars = svg.getElementsByTagName("rect");
    assertEquals(2, bars.getLength());
    assertEquals(number(svg, "rect", 0, "width"), 2 * number(svg, "rect", 1, "width"), 0.11);
    // The axis, and the one error that there is.
    assertEquals(2, svg.getElementsByTagName("line").getLength());
    double end = number(svg, "rect", 0, "x") + 2 * number(svg, "rect", 0, "width");
    assertEquals(end, number(svg, "line", 0, "x2"), 0.11);
    assertTrue(number(svg, "text", 2, "x") > end);
  }

  @Test
  void equalRatiosAreEqualDistances() throws Exception {
    Document svg =
        parse(
            Chart.lines(
                "t",
                "n",
                List.of(
                    new Chart.Line(
                        "a",
                        List.of(
                            new Chart.Point(10, 5),
                            new Chart.Point(100, 50),
                            new Chart.Point(1000, 500)))),
                Formats::count));
    double first = number(svg, "circle", 0, "cx");
    double second = number(svg, "circle", 1, "cx");
    assertEquals(second - first, number(svg, "circle", 2, "cx") - second, 0.11);
    double low = number(svg, "circle", 0, "cy");
    double middle = number(svg, "circle", 1, "cy");
    assertTrue(middle < low);
    assertEquals(low - middle, middle - number(svg, "circle", 2, "cy"), 0.11);
    assertEquals(1, svg.getElementsByTagName("polyline").getLength());
  }

  @Test
  void labelsAreNotOverEachOther() throws Exception {
    List<Chart.Line> lines = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      lines.add(new Chart.Line("line" + i, List.of(new Chart.Point(10, 100 + i % 3))));
    }
    Document svg = parse(Chart.lines("t", "n", lines, Formats::count));
    List<Double> positions = new ArrayList<>();
    NodeList texts = svg.getElementsByTagName("text");
    for (int i = 0; i < texts.getLength(); i++) {
      if (texts.item(i).getTextContent().startsWith("line")) {
        positions.add(number(svg, "text", i, "y"));
      }
    }
    positions.sort(null);
    assertEquals(8, positions.size());
    for (int i = 1; i < positions.size(); i++) {
      assertTrue(positions.get(i) - positions.get(i - 1) > 14, positions::toString);
    }
  }

  @Test
  void overTimeBothAxesBeginWithZero() throws Exception {
    List<Chart.Point> points =
        List.of(new Chart.Point(0, 0), new Chart.Point(7, 130), new Chart.Point(14, 260));
    Document svg = parse(Chart.overTime("rate", "seconds", points, Formats::number));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < svg.getElementsByTagName("text").getLength(); i++) {
      texts.add(text(svg, "text", i));
    }
    assertEquals(List.of("rate", "0", "5", "10", "15", "0", "100", "200", "300", "seconds"), texts);
    String line = ((Element) svg.getElementsByTagName("polyline").item(0)).getAttribute("points");
    // From 80 to 730 for 15 seconds, from 224 up to 44 for 300.
    assertEquals("80.0,224.0 383.3,146.0 686.7,68.0", line);
  }

  @Test
  void nothingButZeroOverTimeIsAChartToo() throws Exception {
    Document svg =
        parse(Chart.overTime("rate", "s", List.of(new Chart.Point(0, 0)), Formats::number));
    assertEquals(
        "80.0,224.0",
        ((Element) svg.getElementsByTagName("polyline").item(0)).getAttribute("points"));
  }

  @Test
  void nothingIsAChartToo() throws Exception {
    assertEquals(
        0,
        parse(Chart.bars("t", List.of(), Formats::count)).getElementsByTagName("rect").getLength());
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static double number(Document svg, String tag, int index, String attribute) {
    Element element = (Element) svg.getElementsByTagName(tag).item(index);
    return Double.parseDouble(element.getAttribute(attribute));
  }

  private static String text(Document svg, String tag, int index) {
    return svg.getElementsByTagName(tag).item(index).getTextContent();
  }
}
