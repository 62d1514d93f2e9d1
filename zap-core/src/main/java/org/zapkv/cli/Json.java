// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values as JSON. Bytes that are UTF-8 are a string, others an object {@code {"hex":"ff00"}}; a
 * record is an object with its components.
 */
final class Json {
  private static final String HEX_DIGITS = "0123456789abcdef";

  private final Output out;

  Json(Output out) {
    this.out = out;
  }

  /** Writes an object and ends the line. */
  void line(Map<String, ? extends @Nullable Object> members) {
    object(members);
    out.write('\n');
  }

  private void value(@Nullable Object value) {
    if (value == null || value instanceof Boolean || isNumber(value)) {
      out.print(String.valueOf(value));
    } else if (value instanceof byte[] bytes) {
      bytes(bytes);
    } else if (value instanceof Map<?, ?> members) {
      object(members);
    } else if (value instanceof Iterable<?> elements) {
      array(elements);
    } else if (value instanceof Record parts) {
      components(parts);
    } else {
      string(value.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Whether it is a number that JSON has, too: there is neither infinity nor NaN. */
  private static boolean isNumber(Object value) {
    return value instanceof Number number
        && !(value instanceof Double && !Double.isFinite(number.doubleValue()));
  }

  private void object(Map<?, ?> members) {
    String separator = "{";
    for (Map.Entry<?, ?> member : members.entrySet()) {
      out.print(separator);
      separator = ",";
      string(String.valueOf(member.getKey()).getBytes(StandardCharsets.UTF_8));
      out.write(':');
      value(member.getValue());
    }
    out.print(members.isEmpty() ? "{}" : "}");
  }

  private void array(Iterable<?> elements) {
    out.write('[');
    String separator = "";
    for (Object element : elements) {
      out.print(separator);
      separator = ",";
      value(element);
    }
    out.write(']');
  }

  private void components(Record parts) {
    String separator = "{";
    for (RecordComponent component : parts.getClass().getRecordComponents()) {
      out.print(separator + '"' + component.getName() + "\":");
      separator = ",";
      try {
        value(component.getAccessor().invoke(parts));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("component " + component + " cannot be read", e);
      }
    }
    out.write('}');
  }

  private void bytes(byte[] bytes) {
    if (Utf8.firstInvalid(bytes, 0, bytes.length) < 0) {
      string(bytes);
      return;
    }
    out.print("{\"hex\":\"");
    Hex.write(bytes, out);
    out.print("\"}");
  }

  private void string(byte[] utf8) {
    out.write('"');
    for (byte b : utf8) {
      if (b == '"' || b == '\\') {
        out.write('\\');
        out.write(b);
      } else if ((b >= 0 && b < ' ') || b == 0x7F) {
        out.print("\\u00" + HEX_DIGITS.charAt(b >> 4) + HEX_DIGITS.charAt(b & 0xF));
      } else {
        out.write(b);
      }
    }
    out.write('"');
  }
}
