// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** As much of a JSON reader as the descriptions of the fixtures need. Numbers are longs. */
final class Json {
  private final String text;
  private int position;

  private Json(String text) {
    this.text = text;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> parseObject(String text) {
    return (Map<String, Object>) new Json(text).value();
  }

  private char peek() {
    while (Character.isWhitespace(text.charAt(position))) {
      position++;
    }
    return text.charAt(position);
  }

  private void expect(char c) {
    if (peek() != c) {
      throw new IllegalArgumentException("expected " + c + " at " + position);
    }
    position++;
  }

  private @Nullable Object value() {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      default -> word();
    };
  }

  private Map<String, @Nullable Object> object() {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    expect('{');
    while (peek() != '}') {
      String key = string();
      expect(':');
      object.put(key, value());
      if (peek() == ',') {
        position++;
      }
    }
    position++;
    return object;
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> array = new ArrayList<>();
    expect('[');
    while (peek() != ']') {
      array.add(value());
      if (peek() == ',') {
        position++;
      }
    }
    position++;
    return array;
  }

  private String string() {
    expect('"');
    StringBuilder string = new StringBuilder();
    for (; text.charAt(position) != '"'; position++) {
      char c = text.charAt(position);
      if (c != '\\') {
        string.append(c);
        continue;
      }
      c = text.charAt(++position);
      if (c == 'u') {
        string.append((char) Integer.parseInt(text.substring(position + 1, position + 5), 16));
        position += 4;
      } else {
        string.append(
            switch (c) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'r' -> '\r';
              case 'b' -> '\b';
              case 'f' -> '\f';
              default -> c;
            });
      }
    }
    position++;
    return string.toString();
  }

  private @Nullable Object word() {
    int from = position;
    while (Character.isLetterOrDigit(text.charAt(position)) || text.charAt(position) == '-') {
      position++;
    }
    String word = text.substring(from, position);
    return switch (word) {
      case "null" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> Long.valueOf(word);
    };
  }
}
