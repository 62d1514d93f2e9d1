// SPDX-License-Identifier: Apache-2.0
package org.zapkv.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.ZapStore;

/**
 * The figures of a store as Micrometer's meters, named {@code zap.…}, each with the tag {@code
 * store}. Costs nothing until a registry asks; what it asks for within a second is one look at the
 * store.
 *
 * <pre>{@code
 * new ZapMetrics(store).bindTo(registry);
 * }</pre>
 *
 * <p>The meters close no store and keep none from being garbage. When the store is closed gauges
 * are NaN, and counters stay what they were. Any thread.
 */
public final class ZapMetrics implements MeterBinder {
  private static final String BYTES = "bytes";

  private final ZapStore store;
  private final Tags tags;

  /**
   * The metrics of a store.
   *
   * @param store an open store
   */
  public ZapMetrics(ZapStore store) {
    this(store, List.of());
  }

  /**
   * The metrics of a store, with tags besides its name.
   *
   * @param store an open store
   * @param tags what every meter is to have; one named {@code store} replaces the store's name
   */
  public ZapMetrics(ZapStore store, Iterable<Tag> tags) {
    this.store = Objects.requireNonNull(store, "store");
    this.tags = Tags.of("store", store.name()).and(Objects.requireNonNull(tags, "tags"));
  }

  /**
   * Adds the meters to a registry.
   *
   * @param registry where to; asks for the figures whenever it likes, by any thread
   */
  @Override
  public void bindTo(MeterRegistry registry) {
    Meters meters =
        new Meters(registry, tags, new RecentStatistics(store, registry.config().clock()));
    bindCommits(meters);
    bindFile(meters);
    bindCache(meters);
    bindShapes(meters);
  }

  private static void bindCommits(Meters to) {
    to.counter("zap.commits", "Commits in the life of the store", s -> s.log().lastSequence());
    to.gauge(
        "zap.commits.pending",
        "Commits that are not on disk yet",
        "",
        s -> (double) s.log().lastSequence() - s.log().durableSequence());
    to.counter("zap.groups", "Transaction groups on disk", s -> s.pool().syncedGroup());
    to.gauge(
        "zap.log.used", "What of the log a replay would read", BYTES, s -> s.log().usedBytes());
    to.gauge("zap.maps", "Maps", "", StoreStatistics::mapCount);
  }

  private static void bindFile(Meters to) {
    to.gauge("zap.file.size", "The file", BYTES, s -> s.pool().deviceBytes());
    to.gauge("zap.file.used", "Space taken by blocks", BYTES, s -> s.pool().allocatedBytes());
    to.gauge("zap.file.free", "Space a block can take now", BYTES, s -> s.pool().freeBytes());
    to.gauge(
        "zap.dirty", "Changes that are in no group on disk", BYTES, s -> s.pool().dirtyBytes());
    to.bytesCounter("zap.written", "Written to the file", s -> s.pool().writtenBytes());
    to.counter("zap.mended", "Bad copies written anew", s -> s.pool().mendedCopies());
  }

  private static void bindCache(Meters to) {
    to.gauge("zap.cache.budget", "The most memory", BYTES, s -> s.cache().budgetBytes());
    to.gauge("zap.cache.used", "Memory in use", BYTES, s -> s.cache().usedBytes());
    to.counter("zap.cache.hits", "Blocks found in memory", s -> s.cache().hits());
    to.counter("zap.cache.misses", "Blocks that had to be read", s -> s.cache().misses());
    to.counter("zap.cache.evictions", "Blocks dropped for room", s -> s.cache().evictions());
    to.counter("zap.cache.waits", "Waits for memory", s -> s.cache().throttleCount());
  }

  private static void bindShapes(Meters to) {
    to.counter("zap.leaf.splits", "Leaves that became two", s -> s.activity().splits());
    to.counter("zap.leaf.merges", "Leaves that became one", s -> s.activity().merges());
    to.counter("zap.conversions", "Micro maps made fat", s -> s.activity().conversions());
  }

  /** Adds meters that look at the same figures. */
  private record Meters(MeterRegistry registry, Tags tags, RecentStatistics recent) {

    /* The registry keeps what it asks, which is of no use to anybody else. */
    void gauge(String name, String what, String unit, ToDoubleFunction<StoreStatistics> figure) {
      Gauge.builder(name, recent, r -> r.now(figure))
          .description(what)
          .baseUnit(unit.isEmpty() ? null : unit)
          .tags(tags)
          .strongReference(true)
          .register(registry);
    }

    void counter(String name, String what, ToDoubleFunction<StoreStatistics> figure) {
      counter(name, what, "", figure);
    }

    void bytesCounter(String name, String what, ToDoubleFunction<StoreStatistics> figure) {
      counter(name, what, BYTES, figure);
    }

    private void counter(
        String name, String what, String unit, ToDoubleFunction<StoreStatistics> figure) {
      // A counter keeps what it asks by a weak reference only: this one is kept by the gauges.
      FunctionCounter.builder(name, recent, r -> r.last(figure))
          .description(what)
          .baseUnit(unit.isEmpty() ? null : unit)
          .tags(tags)
          .register(registry);
    }
  }
}
