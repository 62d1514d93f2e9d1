// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedKind;
import org.zapkv.harness.subject.ZapKind;

/**
 * The store of this project with a defect. What happens every so many times is counted from each
 * opening on: so it happens again when a life is lived again.
 */
final class DefectiveKind extends WrappedKind {
  private final Defect defect;

  DefectiveKind(Defect defect) {
    super(new ZapKind());
    this.defect = defect;
  }

  @Override
  public String title() {
    return super.title() + " with " + defect.title();
  }

  @Override
  public Set<Capability> capabilities() {
    // Defects are in what all lives are full of.
    Set<Capability> capabilities = EnumSet.copyOf(super.capabilities());
    capabilities.remove(Capability.COMPARE_AND_SET);
    capabilities.remove(Capability.INCREMENT);
    capabilities.remove(Capability.CLEAR_MAP);
    capabilities.remove(Capability.DROP_MAP);
    capabilities.remove(Capability.TRANSACT);
    capabilities.remove(Capability.STREAM);
    return capabilities;
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    return defect.subject(super.open(defective(place), options));
  }

  private Place defective(Place place) {
    if (place instanceof Place.Devices devices) {
      return new Place.Devices(
          defect.blocks(devices.blocks()),
          defect.log(devices.log()),
          devices.exactSeed(),
          devices.clock());
    }
    return place;
  }
}
