// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

class FatNormalizationTest extends NormalizationContract {

  @Override
  boolean isMicro() {
    return false;
  }
}
