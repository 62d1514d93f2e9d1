// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.nio.file.Path;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.subject.Place;

/** A directory: a segment ends with the closing of the store, whatever ending it has. */
final class DirectoryStage implements Stage {
  private final Path path;

  DirectoryStage(Path path) {
    this.path = path;
  }

  @Override
  public Place begin(Segment segment, boolean isExact) {
    return new Place.Directory(path);
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  public boolean mayFail() {
    return false;
  }

  @Override
  public void heal() {}

  @Override
  public Left end(Segment segment) {
    return new Left(0, false);
  }
}
