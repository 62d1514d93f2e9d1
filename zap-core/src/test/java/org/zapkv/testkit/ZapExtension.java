// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;

/**
 * Gives each test a fresh store for each parameter of type {@link ZapStore}, {@link CrashingStore}
 * or {@link FaultyStore}, and closes it after the test. {@link TestStore} says how it is made. A
 * store that still holds blocks or memory when it is closed fails its test.
 *
 * <p>The chance of a {@link CrashingStore} or {@link FaultyStore} is a number that a failing test's
 * report has (the entry {@code zap.seed}); {@code -Dzap.seed=} repeats it.
 */
public final class ZapExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(ZapExtension.class);
  private static final long CACHE_BYTES = 16L << 20;
  private static final String SEED = "zap.seed";

  /** Made by JUnit. */
  public ZapExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == ZapStore.class || type == CrashingStore.class || type == FaultyStore.class;
  }

  /**
   * A store for a parameter.
   *
   * @throws ParameterResolutionException if a store that has its own devices is wanted on disk, or
   *     the setup cannot be made
   */
  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    boolean onDisk = parameter.findAnnotation(TestStore.class).map(TestStore::onDisk).orElse(false);
    ZapStoreBuilder builder = builder(parameter);
    if (type == ZapStore.class) {
      Path directory = onDisk ? newDirectory() : null;
      ZapStore store = directory == null ? builder.inMemory() : builder.open(directory);
      keep(context, () -> close(store, directory));
      return store;
    }
    if (onDisk) {
      throw new ParameterResolutionException(type.getSimpleName() + " has devices of its own");
    }
    long seed = Long.getLong(SEED, ThreadLocalRandom.current().nextLong());
    context.publishReportEntry(SEED, Long.toString(seed));
    if (type == CrashingStore.class) {
      CrashingStore store = new CrashingStore(seed, builder);
      keep(context, store);
      return store;
    }
    FaultyStore store = new FaultyStore(seed, builder);
    keep(context, store);
    return store;
  }

  private static void keep(ExtensionContext context, AutoCloseable closing) {
    context.getStore(NAMESPACE).put(new Object(), closing);
  }

  private static ZapStoreBuilder builder(ParameterContext parameter) {
    ZapStoreBuilder builder = ZapStore.builder().cacheBytes(CACHE_BYTES);
    TestStore annotation = parameter.findAnnotation(TestStore.class).orElse(null);
    if (annotation != null) {
      try {
        var constructor = annotation.setup().getDeclaredConstructor();
        constructor.setAccessible(true);
        constructor.newInstance().accept(builder);
      } catch (ReflectiveOperationException e) {
        throw new ParameterResolutionException("setup=" + annotation.setup().getName(), e);
      }
    }
    return builder;
  }

  private static void close(ZapStore store, @Nullable Path directory) {
    try {
      Leaks.close(store);
    } finally {
      if (directory != null) {
        delete(directory);
      }
    }
  }

  private static Path newDirectory() {
    try {
      return Files.createTempDirectory("zap-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> found = Files.walk(directory)) {
      List<Path> paths = found.sorted(Comparator.reverseOrder()).toList();
      for (Path path : paths) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
