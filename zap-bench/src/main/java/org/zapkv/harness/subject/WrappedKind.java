// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.zapkv.cache.device.testing.DeviceImage;

/** A kind of store that is another one, but for what a subclass changes. */
public abstract class WrappedKind implements StoreKind {
  private final StoreKind kind;

  /**
   * A kind around another one.
   *
   * @param kind the other one
   */
  protected WrappedKind(StoreKind kind) {
    this.kind = kind;
  }

  @Override
  public String title() {
    return kind.title();
  }

  @Override
  public String settings() {
    return kind.settings();
  }

  @Override
  public String promise() {
    return kind.promise();
  }

  @Override
  public Set<Capability> capabilities() {
    return kind.capabilities();
  }

  @Override
  public List<String> jvmFlags() {
    return kind.jvmFlags();
  }

  @Override
  public void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    kind.layOut(directory, blocks, log, progress);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    return kind.open(place, options);
  }
}
