// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Promise;

/**
 * Operations and endings as lines of text. What is parsed is what was written, exactly; other texts
 * are refused with what is wrong in them.
 *
 * <pre>
 * apply DURABLE m0 t3.k17 1f0c:100            a value: its tag in hexadecimal, its length
 * commit LATER m0 t3.k17 - | m1 t3.k2 a2:8    - is a removal
 * transact LATER m0 t3.k17 1f0e:100 | …       the same, of keys that are read before
 * update SWAP LATER m0 t3.k17 1f0d:100        or WRONG_SWAP, INCREMENT
 * drop DURABLE d3
 * clear LATER d3
 * get m0 t3.k17
 * scan-begin 4 m0
 * scan-step 4 20
 * scan-resume 4
 * sync, compact, scrub, interrupt
 * clock -60000
 *
 * close
 * power-cut seed=8472 cuts=4
 * fault WRITE_ERROR device=0 before=12 times=1
 * bit-flips seed=8472 flips=10
 * </pre>
 */
public final class OperationText {
  private static final String BETWEEN = "|";
  private static final String REMOVAL = "-";
  private static final String TRANSACT = "transact";
  private static final char LENGTH = ':';
  private static final int HEXADECIMAL = 16;

  private OperationText() {}

  /**
   * Writes an operation.
   *
   * @param operation which
   * @return one line without its end
   * @throws IllegalArgumentException if a key or the name of a map is not one word of printable
   *     ASCII
   */
  public static String of(Operation operation) {
    if (operation instanceof Operation.Apply apply) {
      return "apply " + apply.promise() + " " + of(apply.edit());
    }
    if (operation instanceof Operation.Commit commit) {
      List<String> edits = commit.edits().stream().map(OperationText::of).toList();
      String verb = commit.reads() ? TRANSACT : "commit";
      return verb + " " + commit.promise() + " " + String.join(" " + BETWEEN + " ", edits);
    }
    if (operation instanceof Operation.Update update) {
      return "update " + update.way() + " " + update.promise() + " " + of(update.edit());
    }
    if (operation instanceof Operation.Wipe wipe) {
      String verb = wipe.drops() ? "drop " : "clear ";
      return verb + wipe.promise() + " " + Words.checked(wipe.map());
    }
    if (operation instanceof Operation.Get get) {
      return "get " + Words.checked(get.map()) + " " + Words.checked(get.key());
    }
    if (operation instanceof Operation.ScanBegin scan) {
      return "scan-begin " + scan.scan() + " " + Words.checked(scan.map());
    }
    if (operation instanceof Operation.ScanStep scan) {
      return "scan-step " + scan.scan() + " " + scan.entries();
    }
    if (operation instanceof Operation.ScanResume scan) {
      return "scan-resume " + scan.scan();
    }
    if (operation instanceof Operation.ClockJump jump) {
      return "clock " + jump.millis();
    }
    return verb(operation);
  }

  private static String verb(Operation operation) {
    if (operation instanceof Operation.Sync) {
      return "sync";
    }
    if (operation instanceof Operation.Compact) {
      return "compact";
    }
    if (operation instanceof Operation.Scrub) {
      return "scrub";
    }
    if (operation instanceof Operation.Interrupt) {
      return "interrupt";
    }
    throw new AssertionError(operation);
  }

  /**
   * Writes an ending.
   *
   * @param ending which
   * @return one line without its end
   * @throws IllegalArgumentException if the name of a fault is not one word of printable ASCII
   */
  public static String of(Segment.Ending ending) {
    if (ending instanceof Segment.Ending.Close) {
      return "close";
    }
    if (ending instanceof Segment.Ending.PowerCut cut) {
      return "power-cut seed=" + cut.seed() + " cuts=" + cut.cuts();
    }
    if (ending instanceof Segment.Ending.BitFlips flips) {
      return "bit-flips seed=" + flips.seed() + " flips=" + flips.flips();
    }
    if (ending instanceof Segment.Ending.Fault fault) {
      return "fault "
          + Words.checked(fault.fault())
          + " device="
          + fault.device()
          + " before="
          + fault.operationsBefore()
          + " times="
          + fault.times();
    }
    throw new AssertionError(ending);
  }

  private static String of(Edit edit) {
    return Words.checked(edit.map()) + " " + Words.checked(edit.key()) + " " + of(edit.value());
  }

  private static String of(@Nullable Value value) {
    return value == null
        ? REMOVAL
        : Long.toUnsignedString(value.tag(), HEXADECIMAL) + LENGTH + value.lengthBytes();
  }

  /**
   * Reads an operation.
   *
   * @param line what {@link #of(Operation)} gave
   * @return an equal operation
   * @throws IllegalArgumentException with what is wrong, if the line is not of an operation
   */
  public static Operation parse(String line) {
    Words words = new Words(line);
    Operation operation = parse(words.word("an operation"), words);
    words.end();
    return operation;
  }

  private static Operation parse(String verb, Words words) {
    return switch (verb) {
      case "apply" -> {
        Promise promise = promise(words);
        yield new Operation.Apply(edit(words), promise);
      }
      case "update" -> {
        Operation.Way way = words.constant(Operation.Way.class, "a way");
        Promise promise = promise(words);
        yield new Operation.Update(way, edit(words), promise);
      }
      case "drop", "clear" -> {
        Promise promise = promise(words);
        yield new Operation.Wipe(words.word("a map"), verb.equals("drop"), promise);
      }
      case "commit" -> commit(words, false);
      case TRANSACT -> commit(words, true);
      case "get" -> new Operation.Get(words.word("a map"), words.word("a key"));
      case "scan-begin" -> new Operation.ScanBegin(scan(words), words.word("a map"));
      case "scan-step" -> new Operation.ScanStep(scan(words), words.integer("entries", 0));
      case "scan-resume" -> new Operation.ScanResume(scan(words));
      case "sync" -> new Operation.Sync();
      case "compact" -> new Operation.Compact();
      case "scrub" -> new Operation.Scrub();
      case "interrupt" -> new Operation.Interrupt();
      case "clock" -> new Operation.ClockJump(words.number("milliseconds"));
      default -> throw new IllegalArgumentException("\"" + verb + "\" is no operation.");
    };
  }

  private static Promise promise(Words words) {
    return words.constant(Promise.class, "a promise");
  }

  private static int scan(Words words) {
    return words.integer("the number of a scan", 0);
  }

  private static Operation commit(Words words, boolean reads) {
    Promise promise = promise(words);
    List<Edit> edits = new ArrayList<>();
    edits.add(edit(words));
    while (!words.isEmpty()) {
      words.expect(BETWEEN);
      edits.add(edit(words));
    }
    return new Operation.Commit(List.copyOf(edits), promise, reads);
  }

  private static Edit edit(Words words) {
    return new Edit(words.word("a map"), words.word("a key"), value(words.word("a value")));
  }

  private static @Nullable Value value(String word) {
    if (word.equals(REMOVAL)) {
      return null;
    }
    int colon = word.indexOf(LENGTH);
    try {
      return new Value(
          Long.parseUnsignedLong(word.substring(0, Math.max(0, colon)), HEXADECIMAL),
          Integer.parseInt(word.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "\"" + word + "\": a value is its tag in hexadecimal, a colon, and its length.", e);
    }
  }

  /**
   * Reads an ending.
   *
   * @param line what {@link #of(Segment.Ending)} gave
   * @return an equal ending
   * @throws IllegalArgumentException with what is wrong, if the line is not of an ending
   */
  public static Segment.Ending parseEnding(String line) {
    Words words = new Words(line);
    Segment.Ending ending = ending(words.word("an ending"), words);
    words.end();
    return ending;
  }

  private static Segment.Ending ending(String verb, Words words) {
    return switch (verb) {
      case "close" -> new Segment.Ending.Close();
      case "power-cut" ->
          new Segment.Ending.PowerCut(words.namedNumber("seed"), words.namedInteger("cuts", 1));
      case "bit-flips" ->
          new Segment.Ending.BitFlips(words.namedNumber("seed"), words.namedInteger("flips", 1));
      case "fault" ->
          new Segment.Ending.Fault(
              words.word("a fault"),
              words.namedInteger("device", 0),
              words.namedInteger("before", 0),
              words.namedInteger("times", 1));
      default -> throw new IllegalArgumentException("\"" + verb + "\" is no ending.");
    };
  }
}
