// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.zap.ZapLeaf;
import org.zapkv.zap.ZapStatistics;

/** plot draws the leaves there are. */
class PlotCommandTest {
  @TempDir private Path directory;

  private static Document parse(String svg) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static String texts(Document svg) {
    StringBuilder all = new StringBuilder();
    NodeList texts = svg.getElementsByTagName("text");
    for (int i = 0; i < texts.getLength(); i++) {
      all.append(texts.item(i).getTextContent()).append('\n');
    }
    return all.toString();
  }

  private static String path(Document svg, String kind, int index) {
    NodeList paths = svg.getElementsByTagName("path");
    for (int i = 0, found = 0; i < paths.getLength(); i++) {
      Element path = (Element) paths.item(i);
      if (path.getAttribute("class").equals(kind) && found++ == index) {
        return path.getAttribute("d");
      }
    }
    throw new AssertionError("no path " + kind + " " + index);
  }

  @Test
  void drawsAFatMapAndSaysWhatItIs() throws Exception {
    Path store = directory.resolve("store");
    String name = "a <map> & \u0001 more";
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      lines.append("key-").append(i).append("\tvalue ").append(i).append('\n');
    }
    Cli.runWith(lines.toString(), "load", store, name).ok();
    Path file = directory.resolve("plot.svg");
    Cli.run("plot", store, name, "-o", file).ok();
    Document svg = parse(Files.readString(file));
    String texts = texts(svg);
    try (ZapStore opened = ZapStore.open(store)) {
      ZapMap map = opened.existingMap(name);
      ZapStatistics shape = map.statistics();
      List<ZapLeaf> leaves = map.leaves();
      assertCovers(leaves, shape);
      assertTrue(texts.contains("a <map> & \uFFFD more\n"), texts);
      assertTrue(texts.contains("5,000 entries in " + leaves.size() + " leaves, "), texts);
      assertTrue(texts.contains(Sizes.count(shape.tableLength()) + " pointers\n"), texts);
    }
    // Fill, depth and sharing: all of the width is covered by steps.
    for (int panel = 0; panel < 2; panel++) {
      String steps = path(svg, "mean", panel);
      int width = 0;
      for (String step : steps.substring(1).split("M", -1)) {
        width += Integer.parseInt(step.replaceAll(".*h(\\d+)v.*", "$1"));
      }
      assertEquals(900, width, steps);
    }
  }

  /** One after another, each with as many pointers as the table has for its hashes. */
  private static void assertCovers(List<ZapLeaf> leaves, ZapStatistics shape) {
    assertEquals(shape.leafCount(), leaves.size());
    assertEquals(shape.entryCount(), LeafPlot.entries(leaves));
    long next = 0;
    long pointers = 0;
    for (ZapLeaf leaf : leaves) {
      assertEquals(next, leaf.firstHash());
      next += leaf.prefixLength() == 0 ? 0 : 1L << (64 - leaf.prefixLength());
      pointers += leaf.pointerCount();
      assertTrue(leaf.usedChunks() <= leaf.chunkCount(), leaf::toString);
    }
    assertEquals(0, next);
    assertEquals(shape.tableLength(), pointers);
  }

  @Test
  void drawsAMicroMap() throws Exception {
    Path store = directory.resolve("store");
    Cli.runWith("a\t1\nb\t2\n", "load", "--long", store, "m").ok();
    Cli.Result drawn = Cli.run("plot", store, "m", "-o", "-").ok();
    Document svg = parse(drawn.out());
    assertTrue(texts(svg).contains("micro: 2 entries in one block of 7 slots"), texts(svg));
    assertTrue(path(svg, "mean", 0).contains("h900v"), drawn::out);
  }

  @Test
  void oneLeafAmongManyIsSeenInTheBand() {
    List<ZapLeaf> leaves = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      leaves.add(new ZapLeaf((long) i << 52, 12, 1, 10, i == 2000 ? 90 : 10, 100));
    }
    String svg = new LeafPlot("m", false, leaves).draw();
    assertTrue(svg.contains("class=\"band\""), svg);
    assertTrue(svg.contains("4,096 leaves, 10% full on average; 4,096 pointers"), svg);
  }

  @Test
  void refusesWhatItCannotDraw() {
    Path store = directory.resolve("store");
    Cli.runWith("a\t1\n", "load", store, "m").ok();
    Cli.run("plot", store, "m").exits(64);
    Cli.run("plot", "--json", store, "m", "-o", "-").exits(64);
    Cli.run("plot", store, "none", "-o", "-").exits(1);
  }
}
