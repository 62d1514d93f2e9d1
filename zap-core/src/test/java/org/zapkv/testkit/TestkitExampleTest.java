// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.DocumentedCode;
import org.zapkv.error.ZapException;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** The example of docs/testing.md is this code. */
final class TestkitExampleTest {
  // DOC: begin
  @ZapTest
  static final class AccountsTest {
    @Test
    void aFreshStore(ZapStore store, @TestStore(onDisk = true) ZapStore onDisk) {
      store.map("accounts").put("ada", "100");
      assertEquals("100", store.map("accounts").getString("ada"));
      assertTrue(onDisk.mapNames().isEmpty());
    }

    @Test
    void whatWasCommittedOutlivesACrash(CrashingStore machine) {
      machine.store().map("accounts").put("ada", "100"); // durable when it returns
      ZapStore after = machine.crash();
      assertEquals("100", after.map("accounts").getString("ada"));
    }

    @Test
    void aFailingDiskIsAnException(FaultyStore disk) {
      ZapMap accounts = disk.store().map("accounts");
      accounts.put("ada", "100");
      disk.failFlushes(0);
      assertThrows(ZapException.class, () -> accounts.put("alan", "7"));
      assertEquals("100", disk.reopen().map("accounts").getString("ada"));
    }
  }

  // DOC: end

  @Test
  void thePageHasThisExample() throws IOException {
    Path source = Path.of("src/test/java/org/zapkv/testkit/TestkitExampleTest.java");
    String example = DocumentedCode.regions(source, "DOC").get(0);
    example = example.replace("static final class", "class");
    assertTrue(Files.readString(Path.of("docs/testing.md")).contains(example), example);
  }

  /** The nested class is not found by itself, being no test class of its own file. */
  @Test
  void theExampleRuns() {
    AccountsTest example = new AccountsTest();
    try (ZapStore store = ZapStore.inMemory();
        ZapStore other = ZapStore.inMemory();
        CrashingStore machine = new CrashingStore(1, ZapStore.builder());
        FaultyStore disk = new FaultyStore(1, ZapStore.builder())) {
      example.aFreshStore(store, other);
      example.whatWasCommittedOutlivesACrash(machine);
      example.aFailingDiskIsAnException(disk);
    }
  }
}
