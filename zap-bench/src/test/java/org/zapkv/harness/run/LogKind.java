// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.Subject;

/** A small store that outlives a kill; the kinds in it do something wrong. */
public class LogKind implements StoreKind {
  /** Keeps its promises. */
  public LogKind() {}

  /** Does not write what is committed, until it is closed. */
  public static final class Late extends LogKind {
    /** For the harness. */
    public Late() {}

    @Override
    Subject open(Path path) throws IOException {
      return new LogSubject(path, commit -> List.of(), true);
    }
  }

  /** Writes the first change of a commit at once, and the others when it is closed. */
  public static final class Torn extends LogKind {
    /** For the harness. */
    public Torn() {}

    @Override
    Subject open(Path path) throws IOException {
      return new LogSubject(path, commit -> commit.subList(0, 1), true);
    }
  }

  /** Says that something has happened which the harness has never heard of. */
  public static final class Telling extends LogKind {
    /** For the harness. */
    public Telling() {}

    @Override
    Subject open(Path path) throws IOException {
      return new LogSubject(path, commit -> commit, false) {
        @Override
        public Map<String, Long> events() {
          return Map.of("SNOW", 1L);
        }
      };
    }
  }

  /** Crashes the JVM when it is opened and there is something. */
  public static final class Crashing extends LogKind {
    static final int EXIT = 77;

    /** For the harness. */
    public Crashing() {}

    @Override
    Subject open(Path path) throws IOException {
      LogSubject subject = (LogSubject) super.open(path);
      if (!subject.maps().isEmpty()) {
        System.err.println("something native");
        Runtime.getRuntime().halt(EXIT);
      }
      return subject;
    }
  }

  /** Crashes the JVM in a commit. */
  public static final class Dying extends LogKind {
    static final int EXIT = 78;
    private static final int COMMITS = 20;

    /** For the harness. */
    public Dying() {}

    @Override
    Subject open(Path path) throws IOException {
      AtomicInteger commits = new AtomicInteger();
      return new LogSubject(
          path,
          commit -> {
            if (commits.incrementAndGet() == COMMITS) {
              Runtime.getRuntime().halt(EXIT);
            }
            return commit;
          },
          false);
    }
  }

  @Override
  public String title() {
    return "Log";
  }

  @Override
  public String settings() {
    return "none";
  }

  @Override
  public String promise() {
    return "all";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.BATCH,
        Capability.BATCH_OVER_MAPS,
        Capability.DURABLE,
        Capability.ORDERED,
        Capability.SURVIVES_KILL);
  }

  @Override
  public final Subject open(Place place, OpenOptions options) throws IOException {
    return open(place.directory(title()));
  }

  Subject open(Path path) throws IOException {
    return new LogSubject(path, commit -> commit, false);
  }
}
