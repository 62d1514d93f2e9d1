// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import com.google.common.collect.testing.ConcurrentMapTestSuiteBuilder;
import com.google.common.collect.testing.TestStringMapGenerator;
import com.google.common.collect.testing.features.CollectionFeature;
import com.google.common.collect.testing.features.CollectionSize;
import com.google.common.collect.testing.features.MapFeature;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import junit.framework.Test;
import junit.framework.TestCase;
import junit.framework.TestSuite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The view of a map as a {@link ConcurrentMap} against Guava's conformance suite. The suite is of
 * JUnit 3: each of its tests is run as a dynamic one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConcurrentMapConformanceTest {
  /** One for all: each test has a map of its own in it. */
  private final ZapStore store = ZapStore.builder().cacheBytes(32 << 20).inMemory();

  private int maps;

  @AfterAll
  void close() {
    store.close();
  }

  @TestFactory
  Stream<DynamicNode> ofTexts() {
    TestSuite suite =
        ConcurrentMapTestSuiteBuilder.using(
                new TestStringMapGenerator() {
                  @Override
                  protected Map<String, String> create(Map.Entry<String, String>[] entries) {
                    ConcurrentMap<String, String> map =
                        store.map("m" + maps++, Codec.utf8(), Codec.utf8()).asConcurrentMap();
                    for (Map.Entry<String, String> entry : entries) {
                      map.put(entry.getKey(), entry.getValue());
                    }
                    return map;
                  }
                })
            .named("texts")
            .withFeatures(
                MapFeature.GENERAL_PURPOSE,
                CollectionFeature.SUPPORTS_ITERATOR_REMOVE,
                CollectionSize.ANY)
            .createTestSuite();
    return nodes(suite);
  }

  private static Stream<DynamicNode> nodes(TestSuite suite) {
    return Collections.list(suite.tests()).stream().map(ConcurrentMapConformanceTest::node);
  }

  private static DynamicNode node(Test test) {
    if (test instanceof TestSuite suite) {
      return DynamicContainer.dynamicContainer(suite.getName(), nodes(suite));
    }
    TestCase single = (TestCase) test;
    return DynamicTest.dynamicTest(single.getName(), single::runBare);
  }
}
