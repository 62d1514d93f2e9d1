// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * How long writers wait, and where those stood that waited long: updates of a million entries in
 * random order, none durable by itself, as fast as the store takes them. For finding causes; how
 * other stores do is in {@link DurabilityReport}.
 *
 * <p>{@code java -cp zap-bench.jar org.zapkv.bench.durability.WriterPauses SECONDS THREADS
 * CACHE_MIB}
 */
public final class WriterPauses {
  private static final int ENTRIES = 1_000_000;
  private static final int VALUE_BYTES = 100;
  private static final int LOAD_BATCH = 10_000;
  private static final long LONG_NANOS = 20_000_000;
  private static final int STACK_DEPTH = 9;

  private final ZapStore store;
  private final ZapMap map;
  private final int threads;

  /** Of each thread; looked at when they have ended. */
  private final List<PauseHistogram> histograms = new ArrayList<>();

  /** When the operation of each thread began; 0 outside. */
  private final AtomicLongArray begun;

  private final Map<String, Integer> stacks = new HashMap<>();
  private volatile boolean stopping;

  private WriterPauses(ZapStore store, int threads) {
    this.store = store;
    this.map = store.map("m");
    this.threads = threads;
    this.begun = new AtomicLongArray(threads);
    for (int i = 0; i < threads; i++) {
      histograms.add(new PauseHistogram());
    }
  }

  /**
   * Runs it.
   *
   * @param args seconds, threads, the cache in MiB; 60, 2 and 256 without
   * @throws IOException if there is no place for the store
   * @throws InterruptedException never
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 60;
    int threads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    long cacheMib = args.length > 2 ? Long.parseLong(args[2]) : 256;
    Path directory = Files.createTempDirectory("zap-pauses");
    try (ZapStore store =
        ZapStore.builder().cacheBytes(cacheMib << 20).open(directory.resolve("s"))) {
      WriterPauses pauses = new WriterPauses(store, threads);
      pauses.load();
      pauses.run(seconds);
      pauses.print(seconds);
      System.out.println(
          "file " + (Files.size(directory.resolve("s").resolve("blocks.zap")) >> 20) + " MiB");
    } finally {
      try (var files = Files.walk(directory)) {
        for (Path path : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static byte[] key(int number) {
    return ("key " + number).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private void load() {
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES; i++) {
      batch.put(map, key(i), new byte[VALUE_BYTES]);
      if (batch.size() == LOAD_BATCH) {
        batch.commit(Durability.NONE);
      }
    }
    batch.commit();
    store.sync();
  }

  private void run(int seconds) throws InterruptedException {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread writer = new Thread(() -> write(number), "writer-" + i);
      writers.add(writer);
      writer.start();
    }
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    boolean[] seen = new boolean[threads];
    long[] seenBegun = new long[threads];
    while (System.nanoTime() < end) {
      for (int i = 0; i < threads; i++) {
        long start = begun.get(i);
        if (start != seenBegun[i]) {
          seen[i] = false;
        }
        if (start != 0 && !seen[i] && System.nanoTime() - start > LONG_NANOS) {
          seen[i] = true;
          seenBegun[i] = start;
          note(writers.get(i));
        }
      }
      LockSupport.parkNanos(2_000_000);
    }
    stopping = true;
    for (Thread writer : writers) {
      writer.join();
    }
  }

  private void note(Thread writer) {
    StringBuilder text = new StringBuilder();
    StackTraceElement[] frames = writer.getStackTrace();
    for (int i = 0; i < frames.length && i < STACK_DEPTH; i++) {
      text.append("    ").append(frames[i].getClassName().replaceAll(".*\\.", ""));
      text.append('.').append(frames[i].getMethodName()).append('\n');
    }
    stacks.merge(text.toString(), 1, Integer::sum);
  }

  private void write(int number) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(number);
    byte[] value = new byte[VALUE_BYTES];
    Batch batch = store.batch();
    while (!stopping) {
      random.nextBytes(value);
      byte[] key = key(random.nextInt(ENTRIES));
      long start = System.nanoTime();
      begun.set(number, start);
      batch.put(map, key, value).commit(Durability.NONE);
      long nanos = System.nanoTime() - start;
      begun.set(number, 0);
      histograms.get(number).record(nanos);
    }
  }

  private void print(int seconds) {
    PauseHistogram all = new PauseHistogram();
    histograms.forEach(all::add);
    StringBuilder line = new StringBuilder("updates/s " + all.count() / seconds);
    for (double quantile : new double[] {0.5, 0.99, 0.999, 0.9999}) {
      line.append(String.format(", p%s %.1f us", 100 * quantile, all.quantile(quantile) / 1e3));
    }
    line.append(String.format(", max %.1f ms", all.max() / 1e6));
    System.out.println(line);
    stacks.entrySet().stream()
        .sorted((a, b) -> b.getValue() - a.getValue())
        .limit(6)
        .forEach(entry -> System.out.println(entry.getValue() + " times:\n" + entry.getKey()));
    var pool = store.statistics().pool();
    System.out.printf("groups %d, written %d MiB%n", pool.syncedGroup(), pool.writtenBytes() >> 20);
  }
}
