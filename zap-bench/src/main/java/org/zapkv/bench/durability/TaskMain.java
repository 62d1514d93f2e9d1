// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Runs one task in this JVM, and prints what it found. Ends when its parent does. */
public final class TaskMain {
  /** Begins a line with a figure. */
  static final String FIGURE = "figure ";

  /** The line that asks to be killed. */
  static final String READY = "ready";

  private TaskMain() {}

  /**
   * Runs a task.
   *
   * @param args the name of the task and its parameters
   * @throws IOException if it fails
   * @throws InterruptedException if it is interrupted, which nobody does
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Thread parent = new Thread(TaskMain::haltWithParent, "parent");
    parent.setDaemon(true);
    parent.start();
    List<String> arguments = List.of(args);
    Parameters parameters = Parameters.parse(arguments.subList(1, arguments.size()));
    Figures figures =
        Task.valueOf(arguments.get(0)).run(parameters, () -> System.out.println(READY));
    for (Map.Entry<String, Double> figure : figures.asMap().entrySet()) {
      System.out.println(FIGURE + figure.getKey() + " " + figure.getValue());
    }
  }

  /** The parent writes nothing; its end ends the input. */
  private static void haltWithParent() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // The input is gone, and so is the parent.
    }
    Runtime.getRuntime().halt(1);
  }
}
