// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.peer.PeerOptions;

/** What a task is told, in a form that goes over a command line. Immutable. */
final class Parameters {
  private final Map<String, String> values;

  private Parameters(Map<String, String> values) {
    this.values = values;
  }

  /** Those that every task has. */
  static Parameters of(PeerKind kind, Path directory) {
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

  Parameters with(String name, Object value) {
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

  String string(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no parameter " + name + " among " + values);
    }
    return value;
  }

  long number(String name) {
    return Long.parseLong(string(name));
  }

  double seconds() {
    return Double.parseDouble(string("seconds"));
  }

  PeerKind peer() {
    return PeerKind.valueOf(string("peer"));
  }

  Path directory() {
    return Path.of(string("directory"));
  }

  PeerOptions options(boolean durable) {
    return new PeerOptions(durable, number("cache"));
  }
}
