// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.List;
import java.util.Locale;
import org.zapkv.harness.subject.StoreKind;

/** The kinds of stores by the names that the command line has for them. */
final class StoreKinds {
  private static final String PACKAGE = StoreKind.class.getPackageName() + '.';
  private static final String SUFFIX = "Kind";

  /** The simple names of their classes, without the suffix. */
  private static final List<String> OWN =
      List.of("Zap", "RocksDb", "Lmdb", "MvStore", "MapDb", "Xodus", "Chronicle");

  private StoreKinds() {}

  /** The names of those that the harness has. */
  static List<String> names() {
    return OWN.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }

  /**
   * A kind of store.
   *
   * @param name one of {@link #names}, or that of a class
   * @return a fresh one
   * @throws IllegalArgumentException if there is none
   */
  static StoreKind of(String name) {
    try {
      Class<?> type = Class.forName(className(name));
      return type.asSubclass(StoreKind.class).getConstructor().newInstance();
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          name + " is none of " + names() + ", and no class on the class path.", e);
    } catch (ClassCastException e) {
      throw new IllegalArgumentException(name + " is not a " + StoreKind.class.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          name + " must be a public class with a public constructor without parameters: " + e, e);
    }
  }

  /** The name by which {@link #of} finds a kind of store. */
  static String nameOf(StoreKind kind) {
    String type = kind.getClass().getName();
    return names().stream().filter(name -> className(name).equals(type)).findAny().orElse(type);
  }

  private static String className(String name) {
    return OWN.stream()
        .filter(own -> own.equalsIgnoreCase(name))
        .findAny()
        .map(own -> PACKAGE + own + SUFFIX)
        .orElse(name);
  }
}
