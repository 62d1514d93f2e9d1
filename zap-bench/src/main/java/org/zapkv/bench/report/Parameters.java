// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.peer.PeerOptions;

/** What a measurement is told, in a form that goes over a command line. Immutable. */
public final class Parameters {
  private final Map<String, String> values;

  private Parameters(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Those that every measurement has.
   *
   * @param kind the store
   * @param directory where it is
   * @return the parameters
   */
  public static Parameters of(PeerKind kind, Path directory) {
    return new Parameters(Map.of())
        .with("peer", kind.name())
        .with("directory", directory.toString());
  }

  static Parameters parse(List<String> arguments) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      values.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    return new Parameters(values);
  }

  /**
   * These with one more, or another value of one.
   *
   * @param name its name
   * @param value its value
   * @return other parameters
   */
  public Parameters with(String name, Object value) {
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(name, value.toString());
    return new Parameters(more);
  }

  List<String> toArguments() {
    return values.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /**
   * One of them.
   *
   * @param name its name
   * @return its value
   * @throws IllegalArgumentException if it is not among them
   */
  public String string(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no parameter " + name + " among " + values);
    }
    return value;
  }

  /**
   * One of them, that is an integer.
   *
   * @param name its name
   * @return its value
   */
  public long number(String name) {
    return Long.parseLong(string(name));
  }

  /**
   * How long something is measured.
   *
   * @return seconds
   */
  public double seconds() {
    return Double.parseDouble(string("seconds"));
  }

  /**
   * The store.
   *
   * @return its kind
   */
  public PeerKind peer() {
    return PeerKind.valueOf(string("peer"));
  }

  /**
   * Where the store is.
   *
   * @return a directory, which need not exist
   */
  public Path directory() {
    return Path.of(string("directory"));
  }

  /**
   * How long the values are.
   *
   * @return bytes
   */
  public int valueBytes() {
    return values.containsKey("valueBytes") ? (int) number("valueBytes") : Entries.VALUE_BYTES;
  }

  /**
   * How the store is opened.
   *
   * @param durable whether each put is to be durable
   * @return the options
   */
  public PeerOptions options(boolean durable) {
    return new PeerOptions(durable, number("cache"), number("entries"), valueBytes());
  }
}
