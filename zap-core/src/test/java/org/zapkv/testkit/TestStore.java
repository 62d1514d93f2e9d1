// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.zapkv.store.ZapStoreBuilder;

/** What kind of store a parameter of a test is given. Without it: in memory, a cache of 16 MiB. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface TestStore {
  /**
   * Whether it is a folder on disk, which is deleted after the test. Only for a parameter of type
   * {@link org.zapkv.store.ZapStore}.
   *
   * @return true: on disk
   */
  boolean onDisk() default false;

  /**
   * What is changed about the store's options.
   *
   * @return a class with a constructor without parameters
   */
  Class<? extends Setup> setup() default Unchanged.class;

  /** Changes the options of a store before it is opened. */
  interface Setup {
    /**
     * Changes options.
     *
     * @param builder of the store
     */
    void accept(ZapStoreBuilder builder);
  }

  /** Options as they are. */
  final class Unchanged implements Setup {
    /** Made by the extension. */
    public Unchanged() {}

    @Override
    public void accept(ZapStoreBuilder builder) {
      // Nothing to change.
    }
  }
}
