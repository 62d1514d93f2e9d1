// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.zapkv.error.ClosedException;
import org.zapkv.error.ZapException;
import org.zapkv.store.DeviceStores;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;

/** The test kit keeps its word. */
@ZapTest
final class TestkitTest {
  private static final List<ZapStore> GIVEN = new ArrayList<>();
  private static final List<Path> DIRECTORIES = new ArrayList<>();

  /** What is committed waits for nothing. */
  static final class Careless implements TestStore.Setup {
    @Override
    public void accept(ZapStoreBuilder builder) {
      builder.durability(Durability.NONE);
    }
  }

  /** After all, as each test's stores are closed only when it has ended. */
  @AfterAll
  static void everyStoreWasClosedAndItsFolderDeleted() {
    assertFalse(GIVEN.isEmpty());
    GIVEN.forEach(store -> assertThrows(ClosedException.class, () -> store.map("m")));
    assertFalse(DIRECTORIES.isEmpty());
    DIRECTORIES.forEach(directory -> assertFalse(Files.exists(directory), directory::toString));
    GIVEN.clear();
    DIRECTORIES.clear();
  }

  @Test
  void eachParameterIsAStoreOfItsOwn(ZapStore one, @TestStore(onDisk = true) ZapStore other) {
    GIVEN.addAll(List.of(one, other));
    assertNotSame(one, other);
    one.map("m").put("k", "v");
    assertTrue(other.mapNames().isEmpty());
    Path directory = Path.of(other.name());
    assertTrue(Files.isDirectory(directory), directory::toString);
    DIRECTORIES.add(directory);
  }

  @Test
  void aTestMayCloseItsStoresItself(ZapStore store, CrashingStore machine, FaultyStore disk) {
    store.close();
    machine.close();
    disk.store().close();
  }

  @Test
  void aLeakIsTold(ZapStore store) {
    store.map("m").put("k", "v");
    AutoCloseable hold = DeviceStores.holdSomething(store);
    try {
      store.close();
    } catch (ZapException e) {
      // Whether it complains is not what this is about.
    }
    AssertionError leak = assertThrows(AssertionError.class, () -> Leaks.check(store));
    assertTrue(leak.getMessage().contains("1 holds"), leak::getMessage);
    closeQuietly(hold);
    Leaks.check(store);
  }

  private static void closeQuietly(AutoCloseable closing) {
    try {
      closing.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aCrashKeepsWhatIsDurable(CrashingStore machine) {
    for (int i = 0; i < 5; i++) {
      machine.store().map("m").put("k" + i, "v" + i);
      ZapMap after = machine.crash().map("m");
      for (int j = 0; j <= i; j++) {
        assertEquals("v" + j, after.getString("k" + j), "-Dzap.seed=" + machine.seed());
      }
    }
  }

  @Test
  void aCrashCanLoseWhatIsNot(@TestStore(setup = Careless.class) CrashingStore machine) {
    machine.store().map("m");
    machine.store().sync();
    int lost = 0;
    for (int i = 0; i < 20; i++) {
      machine.store().map("m").put("k" + i, "v");
      lost += machine.crash().map("m").getString("k" + i) == null ? 1 : 0;
    }
    assertTrue(lost > 0, "-Dzap.seed=" + machine.seed());
  }

  @Test
  void theSameSeedLosesTheSame() {
    assertEquals(lostWith(77), lostWith(77));
  }

  private static List<String> lostWith(long seed) {
    List<String> found = new ArrayList<>();
    ZapStoreBuilder careless = ZapStore.builder().durability(Durability.NONE);
    try (CrashingStore machine = new CrashingStore(seed, careless)) {
      assertEquals(seed, machine.seed());
      machine.losePowerAfter(1000);
      machine.store().map("m").put("k", "v");
      found.addAll(machine.crash().mapNames());
    }
    return found;
  }

  @Test
  void faultsAreThoseAskedFor(FaultyStore disk) {
    ZapMap map = disk.store().map("m");
    map.put("k", "v");
    assertEquals(0, disk.faults());
    disk.failWrites(0);
    assertThrows(ZapException.class, () -> map.put("k", "w"));
    assertTrue(disk.faults() > 0);
    ZapMap again = disk.reopen().map("m");
    // The write that failed left a part behind: the change may be there or not, and nothing else.
    String left = again.getString("k");
    assertTrue(Set.of("v", "w").contains(left), left);
    disk.fillUp(0);
    assertThrows(ZapException.class, () -> again.put("k", "x"));
    assertEquals(left, disk.reopen().map("m").getString("k"));
  }

  @Test
  void aSlowDiskIsOnlySlow(FaultyStore disk) {
    disk.slow(Duration.ofNanos(1000));
    ZapMap map = disk.store().map("m");
    map.put("k", "v");
    assertEquals("v", map.getString("k"));
    assertTrue(disk.faults() > 0);
    disk.failReads(0);
    assertNull(map.getString("absent"));
  }
}
