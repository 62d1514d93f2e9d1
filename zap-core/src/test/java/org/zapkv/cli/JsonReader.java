// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A strict reader of JSON for tests, which shares nothing with what writes it: maps, lists,
 * strings, longs or doubles, booleans, null. Whatever is not JSON is an IllegalArgumentException.
 */
final class JsonReader {
  private final String text;
  private int at;

  private JsonReader(String text) {
    this.text = text;
  }

  static Object read(String text) {
    JsonReader reader = new JsonReader(text);
    Object value = reader.value();
    reader.require(reader.at == text.length(), "something follows");
    return value;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(String text) {
    return (Map<String, Object>) read(text);
  }

  private Object value() {
    char next = peek();
    return switch (next) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    expect('{');
    if (peek() == '}') {
      at++;
      return members;
    }
    while (true) {
      String name = string();
      expect(':');
      require(!members.containsKey(name), "member " + name + " comes twice");
      members.put(name, value());
      if (peek() == '}') {
        at++;
        return members;
      }
      expect(',');
    }
  }

  private List<Object> array() {
    List<Object> elements = new ArrayList<>();
    expect('[');
    if (peek() == ']') {
      at++;
      return elements;
    }
    while (true) {
      elements.add(value());
      if (peek() == ']') {
        at++;
        return elements;
      }
      expect(',');
    }
  }

  private String string() {
    expect('"');
    StringBuilder chars = new StringBuilder();
    while (peek() != '"') {
      char c = text.charAt(at++);
      require(c >= ' ', "a control character");
      chars.append(c == '\\' ? escaped() : c);
    }
    at++;
    return chars.toString();
  }

  private char escaped() {
    char c = text.charAt(at++);
    if (c == 'u') {
      at += 4;
      return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }
    require(c == '"' || c == '\\', "the escape " + c);
    return c;
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(start, at);
    require(digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"), digits);
    if (digits.matches("-?[0-9]+")) {
      return Long.parseLong(digits);
    }
    return Double.parseDouble(digits);
  }

  private Object word(String word, Object meaning) {
    require(text.startsWith(word, at), "no " + word);
    at += word.length();
    return meaning;
  }

  private char peek() {
    require(at < text.length(), "it ends");
    return text.charAt(at);
  }

  private void expect(char c) {
    require(peek() == c, "no " + c);
    at++;
  }

  private void require(boolean condition, String problem) {
    if (!condition) {
      throw new IllegalArgumentException("no JSON at " + at + ": " + problem + ": " + text);
    }
  }
}
