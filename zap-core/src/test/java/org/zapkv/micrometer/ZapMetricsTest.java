// SPDX-License-Identifier: Apache-2.0
package org.zapkv.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** A registry has the store's figures, at most a second old, until the store is closed. */
class ZapMetricsTest {
  @TempDir Path directory;
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);

  @AfterEach
  void close() {
    registry.close();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private double counter(String name) {
    return registry.get(name).functionCounter().count();
  }

  @Test
  void theMetersAreTheStoresFigures() {
    try (ZapStore store = ZapStore.open(directory)) {
      ZapMap map = store.map("m");
      for (int i = 0; i < 300; i++) {
        map.put("key " + i, new byte[1000]);
      }
      store.sync();
      new ZapMetrics(store).bindTo(registry);
      StoreStatistics now = store.statistics();
      assertEquals(1, gauge("zap.maps"));
      assertEquals((double) now.log().lastSequence(), counter("zap.commits"));
      assertEquals(0, gauge("zap.commits.pending"));
      assertEquals((double) now.pool().syncedGroup(), counter("zap.groups"));
      assertEquals((double) now.log().usedBytes(), gauge("zap.log.used"));
      assertEquals((double) now.pool().deviceBytes(), gauge("zap.file.size"));
      assertEquals((double) now.pool().allocatedBytes(), gauge("zap.file.used"));
      assertEquals((double) now.pool().freeBytes(), gauge("zap.file.free"));
      assertEquals((double) now.pool().writtenBytes(), counter("zap.written"));
      assertEquals((double) now.pool().dirtyBytes(), gauge("zap.dirty"));
      assertEquals(0, counter("zap.mended"));
      assertEquals((double) now.cache().budgetBytes(), gauge("zap.cache.budget"));
      assertTrue(gauge("zap.cache.used") > 0, "zap.cache.used");
      assertTrue(counter("zap.cache.hits") > 0, "zap.cache.hits");
      assertTrue(counter("zap.cache.misses") > 0, "zap.cache.misses");
      assertEquals(0, counter("zap.cache.evictions"));
      assertEquals(0, counter("zap.cache.waits"));
      assertTrue(counter("zap.leaf.splits") > 0, "zap.leaf.splits");
      assertEquals(0, counter("zap.leaf.merges"));
      assertEquals(1, counter("zap.conversions"));
      for (Meter meter : registry.getMeters()) {
        assertEquals(directory.toString(), meter.getId().getTag("store"));
        assertNotNull(meter.getId().getDescription());
      }
    }
  }

  @Test
  void whatIsAskedForWithinASecondIsOneLook() {
    try (ZapStore store = ZapStore.inMemory()) {
      new ZapMetrics(store, Tags.of("service", "s")).bindTo(registry);
      assertEquals(0, gauge("zap.maps"));
      store.map("m");
      clock.add(Duration.ofMillis(900));
      assertEquals(0, gauge("zap.maps"));
      clock.add(Duration.ofMillis(200));
      assertEquals(1, gauge("zap.maps"));
      assertEquals("s", registry.get("zap.maps").gauge().getId().getTag("service"));
    }
  }

  @Test
  void ofAClosedStoreGaugesAreNotANumberAndCountersStay() {
    try (ZapStore store = ZapStore.inMemory()) {
      new ZapMetrics(store).bindTo(registry);
      store.map("m").put("key", "value");
      assertEquals(1, counter("zap.commits"));
    }
    clock.add(Duration.ofSeconds(2));
    assertTrue(Double.isNaN(gauge("zap.maps")));
    assertEquals(1, counter("zap.commits"));
  }
}
