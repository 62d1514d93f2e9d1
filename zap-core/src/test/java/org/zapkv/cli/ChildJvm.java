// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.memory.InitPolicy;

/** The command line in a process of its own, with the class path and memory of the test. */
final class ChildJvm {
  private ChildJvm() {}

  /** The words that run a command. */
  static List<String> command(Object... args) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:+UseSerialGC"));
    for (String property : List.of(InitPolicy.PROPERTY, InitPolicy.DIRTY_PROPERTY)) {
      String value = System.getProperty(property);
      if (value != null) {
        words.add("-D" + property + "=" + value);
      }
    }
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    for (Object arg : args) {
      words.add(arg.toString());
    }
    return words;
  }

  static Process start(Object... args) throws IOException {
    return new ProcessBuilder(command(args)).start();
  }
}
