// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Promise;

@Tag("once")
final class OperationTextTest {
  /** One of each kind, with its text. */
  static Map<String, Operation> operations() {
    Map<String, Operation> operations = new LinkedHashMap<>();
    Edit put = new Edit("m0", "t3.k17", new Value(0x1f0c, 100));
    Edit removal = new Edit("m1", "t3.k2", null);
    operations.put("apply DURABLE m0 t3.k17 1f0c:100", new Operation.Apply(put, Promise.DURABLE));
    operations.put(
        "update WRONG_SWAP LATER m0 t3.k17 1f0c:100",
        new Operation.Update(Operation.Way.WRONG_SWAP, put, Promise.LATER));
    operations.put("drop DURABLE d3", new Operation.Wipe("d3", true, Promise.DURABLE));
    operations.put("clear LATER d3", new Operation.Wipe("d3", false, Promise.LATER));
    operations.put("apply LATER m1 t3.k2 -", new Operation.Apply(removal, Promise.LATER));
    operations.put(
        "commit LATER m0 t3.k17 1f0c:100 | m1 t3.k2 -",
        new Operation.Commit(List.of(put, removal), Promise.LATER));
    operations.put(
        "commit DURABLE m0 | ffffffffffffffff:8",
        new Operation.Commit(List.of(new Edit("m0", "|", new Value(-1, 8))), Promise.DURABLE));
    operations.put(
        "transact LATER m0 t3.k17 1f0c:100 | m1 t3.k2 -",
        new Operation.Commit(List.of(put, removal), Promise.LATER, true));
    operations.put("get m0 t3.k17", new Operation.Get("m0", "t3.k17"));
    operations.put("scan-begin 4 m0", new Operation.ScanBegin(4, "m0"));
    operations.put("scan-step 4 20", new Operation.ScanStep(4, 20));
    operations.put("scan-resume 4", new Operation.ScanResume(4));
    operations.put("sync", new Operation.Sync());
    operations.put("compact", new Operation.Compact());
    operations.put("scrub", new Operation.Scrub());
    operations.put("interrupt", new Operation.Interrupt());
    operations.put("clock -60000", new Operation.ClockJump(-60_000));
    return operations;
  }

  static Map<String, Ending> endings() {
    Map<String, Ending> endings = new LinkedHashMap<>();
    endings.put("close", new Ending.Close());
    endings.put("power-cut seed=-8472 cuts=4", new Ending.PowerCut(-8472, 4));
    endings.put(
        "fault WRITE_ERROR device=1 before=12 times=2147483647",
        new Ending.Fault("WRITE_ERROR", 1, 12, Integer.MAX_VALUE));
    endings.put("bit-flips seed=8472 flips=10", new Ending.BitFlips(8472, 10));
    return endings;
  }

  @Test
  void everyOperationHasAText() {
    operations()
        .forEach(
            (text, operation) -> {
              assertEquals(text, OperationText.of(operation));
              assertEquals(operation, OperationText.parse(text));
            });
  }

  @Test
  void noKindOfOperationIsForgotten() {
    long kinds = operations().values().stream().map(Object::getClass).distinct().count();
    assertEquals(Operation.class.getPermittedSubclasses().length, kinds);
    assertEquals(Ending.class.getPermittedSubclasses().length, endings().size());
  }

  @Test
  void everyEndingHasAText() {
    endings()
        .forEach(
            (text, ending) -> {
              assertEquals(text, OperationText.of(ending));
              assertEquals(ending, OperationText.parseEnding(text));
            });
  }

  @Test
  void whatIsNoOperationIsRefusedWithWhatIsWrong() {
    refused("", "an operation");
    refused("put m0 k", "\"put\" is no operation");
    refused("apply SOMETIMES m0 k -", "[DURABLE, LATER]");
    refused("apply LATER m0 k", "a value");
    refused("apply LATER m0 k -  ", "line should end");
    refused("apply LATER m0  k -", "Two spaces");
    refused("apply LATER m0 k 5", "\"5\": a value is");
    refused("apply LATER m0 k x:8", "\"x:8\": a value is");
    refused("apply LATER m0 k 5:7", "\"5:7\": a value is");
    refused("apply LATER m0 k 5:99999999999", "a value is");
    refused("commit LATER", "a map");
    refused("commit LATER m0 k - m0 j -", "\"m0\" where \"|\"");
    refused("commit LATER m0 k - |", "a map");
    refused("get m0 k\u00e4se", "printable ASCII");
    refused("scan-step -1 2", "-1: the number of a scan is within 0..");
    refused("scan-step 1 two", "\"two\": entries is a number");
    refused("sync now", "\"now\" where the line should end");
  }

  private static void refused(String line, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> OperationText.parse(line)).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void whatIsNoEndingIsRefused() {
    for (String line :
        List.of(
            "",
            "open",
            "close now",
            "power-cut seed=1",
            "power-cut seed=1 cuts=0",
            "power-cut cuts=1 seed=1",
            "fault FULL device=-1 before=0 times=1",
            "bit-flips seed=x flips=1")) {
      assertThrows(IllegalArgumentException.class, () -> OperationText.parseEnding(line), line);
    }
  }

  @Test
  void whatCouldNotBeReadIsNotWritten() {
    for (String word : List.of("", "a b", "a\nb", "\u00e4", "\u007f")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> OperationText.of(new Operation.Get("m", word)),
          word);
      assertThrows(
          IllegalArgumentException.class,
          () -> OperationText.of(new Operation.ScanBegin(0, word)),
          word);
    }
  }
}
