// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

class MicroNormalizationTest extends NormalizationContract {

  @Override
  boolean isMicro() {
    return true;
  }
}
