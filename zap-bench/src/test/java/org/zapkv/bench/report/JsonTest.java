// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class JsonTest {
  @Test
  void everyKindOfValueIsWritten() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("a \"b\"", List.of(1, 2.5, -3L));
    map.put("c", List.of("x\\y", "line\nend\u0001"));
    map.put("d", Map.of());
    map.put("e", List.of());
    map.put("f", true);
    assertEquals(
        """
        {
          "a \\"b\\"": [1, 2.5, -3],
          "c": [
            "x\\\\y",
            "line\\u000aend\\u0001"
          ],
          "d": {},
          "e": [],
          "f": true
        }
        """,
        Json.write(map));
  }

  @Test
  void whatJsonDoesNotHaveIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Json.write(Double.NaN));
    assertThrows(
        IllegalArgumentException.class, () -> Json.write(List.of(Double.POSITIVE_INFINITY)));
    assertThrows(IllegalArgumentException.class, () -> Json.write(new Object()));
  }
}
