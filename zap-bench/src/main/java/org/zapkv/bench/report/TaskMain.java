// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Runs one measurement in this JVM, and prints what it found. Ends when its parent does. */
public final class TaskMain {
  /** Begins a line with a figure. */
  static final String FIGURE = "figure ";

  /** The line that asks to be killed. */
  static final String READY = "ready";

  /** Where the parameters begin. */
  private static final int PARAMETERS = 2;

  private TaskMain() {}

  /**
   * Runs a measurement.
   *
   * @param args the enum that it is a constant of, its name, and its parameters
   * @throws IOException if it fails
   * @throws InterruptedException if it is interrupted, which nobody does
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Thread parent = new Thread(TaskMain::haltWithParent, "parent");
    parent.setDaemon(true);
    parent.start();
    List<String> arguments = List.of(args);
    Parameters parameters = Parameters.parse(arguments.subList(PARAMETERS, arguments.size()));
    Figures figures =
        find(arguments.get(0), arguments.get(1)).run(parameters, () -> System.out.println(READY));
    for (Map.Entry<String, Double> figure : figures.asMap().entrySet()) {
      System.out.println(FIGURE + figure.getKey() + " " + figure.getValue());
    }
    // Threads that a store has left behind are not waited for.
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static Measurement find(String type, String name) {
    try {
      for (Object constant : Class.forName(type).getEnumConstants()) {
        if (constant instanceof Measurement found && found.name().equals(name)) {
          return found;
        }
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("no measurements " + type, e);
    }
    throw new IllegalArgumentException("no measurement " + name + " in " + type);
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
