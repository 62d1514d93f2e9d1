// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import org.openjdk.jmh.annotations.Fork;

/**
 * {@link NativeMemoryBenchmark} through {@code sun.misc.Unsafe}, on any JDK: the JVM is told to
 * take the oldest version of each class from multi-release jars.
 */
@Fork(value = 2, jvmArgsAppend = "-Djdk.util.jar.enableMultiRelease=false")
public class UnsafeMemoryBenchmark extends NativeMemoryBenchmark {
  /** Made by JMH. */
  public UnsafeMemoryBenchmark() {}
}
