// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.harness.run.Message.Verb;

/** What a child says is what is understood. */
final class MessageTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "two words", "a\nb\r\n", "100 %41 + #zap ü\u0000\uFFFD", "-5"})
  void aWordComesThroughWhateverIsInIt(String word) {
    Message message = Message.of(Verb.VIOLATION, word, 7, word);
    String line = message.line();
    assertFalse(line.contains("\n"));
    assertFalse(line.contains("\r"));
    assertEquals(message, Message.parse(line));
  }

  @Test
  void whatALibraryPrintsIsNoMessage() {
    assertNull(Message.parse("ACKNOWLEDGED 1 2"));
    assertNull(Message.parse(""));
  }

  @Test
  void aMessageMayComeAfterWhatHasNoEndOfItsLine() {
    Message message = Message.of(Verb.ACKNOWLEDGED, 1, 99L);
    assertEquals(message, Message.parse("loading " + message.line()));
    assertEquals(1, message.integer(0));
    assertEquals(99, message.number(1));
  }
}
