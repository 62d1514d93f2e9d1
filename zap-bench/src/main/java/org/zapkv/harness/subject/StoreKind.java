// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.zapkv.cache.device.testing.DeviceImage;

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
   * Puts into a directory what a creation of a store there leaves when power is lost; for stores
   * with {@link Capability#DEVICES} and {@link Capability#SAFE_CREATION}.
   *
   * @param directory an empty directory
   * @param blocks what the device of the blocks held then
   * @param log what that of the log held
   * @param progress how far it was: 0: files were about to be made, 1: one of them was, 2: all of
   *     them were, 3: all was done but what comes after both devices are whole
   * @throws IOException if that fails
   */
  default void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    throw new UnsupportedOperationException(title() + " does not say how it creates a store.");
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
