// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * A kind of store: what the harness needs to know to test it. Implement this and {@link Subject} to
 * test a store of your own. An implementation is a public class with a public constructor without
 * parameters, as children of the harness make their own by its class's name.
 */
public interface StoreKind {
  /**
   * What the reports call it.
   *
   * @return a short name
   */
  String title();

  /**
   * The settings it is tested with.
   *
   * @return a sentence
   */
  String settings();

  /**
   * What its documentation promises with these settings, and where.
   *
   * @return a sentence
   */
  String promise();

  /**
   * What it is held to.
   *
   * @return the capabilities
   */
  Set<Capability> capabilities();

  /**
   * What a JVM has to be told for it to work.
   *
   * @return flags
   */
  default List<String> jvmFlags() {
    return List.of();
  }

  /**
   * Opens a store, or creates it.
   *
   * @param place where it is
   * @param options how
   * @return the open store
   * @throws IOException if that fails; stores may throw anything unchecked, too
   */
  Subject open(Place place, OpenOptions options) throws IOException;
}
