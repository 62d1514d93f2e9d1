// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes JSON: of maps, lists, strings, numbers, booleans. */
public final class Json {
  private static final String INDENT = "  ";

  /** The first character that may be in a string as it is. */
  private static final char FIRST_PRINTABLE = ' ';

  private Json() {}

  /**
   * Writes a value.
   *
   * @param value maps with strings as keys, lists, strings, numbers, booleans
   * @return JSON in some lines, the last with an end
   * @throws IllegalArgumentException if there is something else in it, or a number that JSON does
   *     not have
   */
  public static String write(Object value) {
    StringBuilder out = new StringBuilder();
    value(value, "", out);
    return out.append('\n').toString();
  }

  private static void value(Object value, String indent, StringBuilder out) {
    if (value instanceof Map<?, ?> map) {
      object(map, indent, out);
    } else if (value instanceof List<?> list) {
      array(list, indent, out);
    } else if (value instanceof String string) {
      string(string, out);
    } else if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      out.append(number);
    } else if (value instanceof Boolean) {
      out.append(value);
    } else {
      throw new IllegalArgumentException("JSON has no " + value);
    }
  }

  private static void object(Map<?, ?> map, String indent, StringBuilder out) {
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      out.append('\n').append(indent).append(INDENT);
      string(entry.getKey().toString(), out);
      out.append(": ");
      value(entry.getValue(), indent + INDENT, out);
      out.append(entries.hasNext() ? "," : "\n" + indent);
    }
    out.append('}');
  }

  /** Arrays of numbers are in one line, the elements of others have each their own. */
  private static void array(List<?> list, String indent, StringBuilder out) {
    boolean oneLine = list.stream().allMatch(Number.class::isInstance);
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      out.append(oneLine ? "" : "\n" + indent + INDENT);
      value(list.get(i), indent + INDENT, out);
      out.append(i == list.size() - 1 ? "" : oneLine ? ", " : ",");
    }
    out.append(oneLine ? "]" : "\n" + indent + "]");
  }

  private static void string(String string, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < FIRST_PRINTABLE) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
