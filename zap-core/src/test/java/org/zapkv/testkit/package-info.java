// SPDX-License-Identifier: Apache-2.0
/**
 * For those who test code that keeps its data in a store: fresh stores as parameters of JUnit 5
 * tests, stores that lose power, and stores whose disk fails. Published as the {@code testkit} jar
 * of zap-core, for the class path of tests.
 */
@NullMarked
package org.zapkv.testkit;

import org.jspecify.annotations.NullMarked;
