// SPDX-License-Identifier: Apache-2.0
package org.zapkv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** What the published modules stand on is told in docs/dependencies.md, each with its reason. */
@Tag("once")
class DependenciesTest {
  private static final Set<String> NOT_PUBLISHED = Set.of("zap-bench");
  private static final Pattern NAMED = Pattern.compile("(?m)^\\| `([^`:]+:[^`]+)` ");

  @Test
  void theListNamesEachDependencyOfThePomsAndNoOther() throws Exception {
    Set<String> declared = new TreeSet<>();
    for (String module : modules()) {
      declared.addAll(dependencies(Path.of("..", module, "pom.xml")));
    }
    assertFalse(declared.isEmpty());
    Set<String> named = new TreeSet<>();
    String text = Files.readString(Path.of("docs/dependencies.md"));
    int end = text.indexOf("## What they bring");
    NAMED.matcher(text.substring(0, end)).results().forEach(result -> named.add(result.group(1)));
    assertEquals(declared, named);
  }

  private static List<String> modules() throws Exception {
    Element modules = child(parse(Path.of("../pom.xml")).getDocumentElement(), "modules");
    List<String> names = new ArrayList<>();
    children(modules, "module").forEach(module -> names.add(module.getTextContent().strip()));
    names.removeAll(NOT_PUBLISHED);
    return names;
  }

  /** The dependencies that whoever uses the module gets, or that its command line has. */
  private static Set<String> dependencies(Path pom) throws Exception {
    Set<String> found = new TreeSet<>();
    Element root = parse(pom).getDocumentElement();
    for (Element dependency : children(child(root, "dependencies"), "dependency").toList()) {
      String group = child(dependency, "groupId").getTextContent().strip();
      Element scope = child(dependency, "scope");
      boolean forTests = scope != null && scope.getTextContent().strip().equals("test");
      if (!forTests && !group.equals("org.zapkv")) {
        found.add(group + ":" + child(dependency, "artifactId").getTextContent().strip());
      }
    }
    return found;
  }

  private static Document parse(Path file) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
  }

  private static Element child(Element parent, String name) {
    return children(parent, name).findFirst().orElse(null);
  }

  private static Stream<Element> children(Element parent, String name) {
    Stream.Builder<Element> found = Stream.builder();
    if (parent != null) {
      for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element element && element.getTagName().equals(name)) {
          found.add(element);
        }
      }
    }
    return found.build();
  }
}
