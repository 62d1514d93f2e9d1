// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.Set;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.Subject;

/** A kind of store that cannot be opened. */
record FakeKind(Set<Capability> capabilities) implements StoreKind {
  @Override
  public String title() {
    return "Fake";
  }

  @Override
  public String settings() {
    return "none";
  }

  @Override
  public String promise() {
    return "nothing";
  }

  @Override
  public Subject open(Place place, OpenOptions options) {
    throw new UnsupportedOperationException();
  }
}
