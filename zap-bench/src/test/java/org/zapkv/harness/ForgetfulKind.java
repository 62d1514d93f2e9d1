// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedKind;
import org.zapkv.harness.subject.WrappedSubject;
import org.zapkv.harness.subject.ZapKind;

/** Zap, but one in eight keys is never found. */
public final class ForgetfulKind extends WrappedKind {
  private static final int FORGOTTEN_OF = 8;

  /** For the harness. */
  public ForgetfulKind() {
    super(new ZapKind());
  }

  @Override
  public String title() {
    return "Forgetful";
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    return new Forgetful(super.open(place, options));
  }

  private static final class Forgetful extends WrappedSubject {
    Forgetful(Subject zap) {
      super(zap);
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      return key[key.length - 1] % FORGOTTEN_OF == 0 ? null : super.get(map, key);
    }
  }
}
