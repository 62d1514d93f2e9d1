// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * An operation as it is measured.
 *
 * @param operation what is done
 * @param distribution to which entries
 * @param threads by how many threads at once
 */
record Point(Operation operation, Distribution distribution, int threads) {
  Point(Operation operation) {
    this(operation, Distribution.UNIFORM, 1);
  }

  /** The name of its figure. */
  String figure() {
    return operation + ":" + distribution + ":" + threads;
  }

  /** The name of the figure of another operation that is measured with it. */
  String figure(Operation other) {
    return new Point(other, distribution, threads).figure();
  }

  String title() {
    String keys = distribution == Distribution.UNIFORM ? "" : ", " + distribution;
    String title = operation.title() + keys.toLowerCase(Locale.ROOT);
    return threads == 1 ? title : title + ", " + threads + " threads";
  }

  static String format(List<Point> points) {
    return points.stream().map(Point::figure).collect(Collectors.joining(","));
  }

  static List<Point> parse(String points) {
    return Arrays.stream(points.split(",", -1)).map(Point::parseOne).toList();
  }

  private static Point parseOne(String point) {
    String[] parts = point.split(":", -1);
    return new Point(
        Operation.valueOf(parts[0]), Distribution.valueOf(parts[1]), Integer.parseInt(parts[2]));
  }
}
