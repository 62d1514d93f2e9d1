// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.util.List;
import java.util.Locale;

/** The kinds of stores that come with the harness, and those of others by their class. */
public final class StoreKinds {
  private StoreKinds() {}

  /**
   * The kinds that come with the harness.
   *
   * @return them, this project's first
   */
  public static List<StoreKind> all() {
    return List.of(
        new ZapKind(),
        new RocksDbKind(),
        new LmdbKind(),
        new MvStoreKind(),
        new MapDbKind(),
        new XodusKind(),
        new ChronicleKind());
  }

  /**
   * A kind of store by its name.
   *
   * @param name the title of one that comes with the harness, without spaces and in any case, or
   *     the name of a class with a public constructor without parameters
   * @return a new one
   * @throws IllegalArgumentException if there is none; the message says why
   */
  public static StoreKind of(String name) {
    for (StoreKind kind : all()) {
      if (kind.title()
          .replace(" ", "")
          .toLowerCase(Locale.ROOT)
          .equals(name.toLowerCase(Locale.ROOT))) {
        return kind;
      }
    }
    try {
      return Class.forName(name).asSubclass(StoreKind.class).getConstructor().newInstance();
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw new IllegalArgumentException(
          "\""
              + name
              + "\" is none of "
              + all().stream().map(StoreKind::title).toList()
              + ", nor the name of a class that implements StoreKind and has a public constructor"
              + " without parameters: "
              + e,
          e);
    }
  }
}
