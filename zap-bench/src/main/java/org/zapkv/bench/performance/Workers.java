// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.peer.ScanVisitor;
import org.zapkv.bench.report.Entries;

/**
 * The loops that are timed. A key is chosen by a number that was prepared, and is made from it in
 * an array of the thread; what is put has arrays of its own, since some stores keep those. Whatever
 * is read is compared with what it ought to be by a sum, so none of it can be left out. Each has a
 * loop of its own: one that they share would be compiled for all of them at once, with calls that
 * are not inlined.
 */
final class Workers {
  /** Operations between two looks at the clock. */
  private static final int BATCH = 256;

  /** Added to the number of an entry that is not there. */
  private static final long ABSENT = 1L << 40;

  /** The first number of entries that are inserted; those of threads are as far apart. */
  private static final long INSERTED = 1L << 42;

  private final Peer peer;
  private final long entries;
  private final int valueBytes;

  Workers(Peer peer, long entries, int valueBytes) {
    this.peer = peer;
    this.entries = entries;
    this.valueBytes = valueBytes;
  }

  /** The worker of a thread for an operation other than inserting and removing. */
  Worker worker(Point point, int thread) {
    Choices choices = new Choices(point.distribution().choices(entries, thread + 1L));
    return switch (point.operation()) {
      case CHOICE -> new Chooser(choices);
      case GET_HIT -> new Hits(peer, choices);
      case GET_INTO -> new IntoHits(peer, choices, valueBytes);
      case GET_MISS -> new Misses(peer, choices);
      case UPDATE -> new Updates(peer, choices, valueBytes);
      case SCAN -> new Scans(peer, entries);
      case INSERT, REMOVE -> throw new IllegalArgumentException(point + " needs a churn");
    };
  }

  /** The worker of a thread that inserts at most so many, and can remove them. */
  Churn churn(int thread, long most) {
    return new Churn(peer, INSERTED * (thread + 1), most, valueBytes);
  }

  /** Numbers of entries, again and again, with the key of the present one. */
  private static final class Choices {
    private final int[] numbers;
    private final byte[] key = new byte[Entries.KEY_BYTES];
    private int at;

    Choices(int[] numbers) {
      this.numbers = numbers;
    }

    long next() {
      int number = numbers[at & (numbers.length - 1)];
      at++;
      return number;
    }

    byte[] key(long number) {
      Entries.key(number, key);
      return key;
    }
  }

  private static final class Chooser implements Worker {
    private final Choices choices;
    private long sum;

    Chooser(Choices choices) {
      this.choices = choices;
    }

    @Override
    public long work() {
      for (int i = 0; i < BATCH; i++) {
        long number = choices.next();
        sum += Entries.markOf(choices.key(number)) - Entries.mark(number);
      }
      checkSum(sum);
      return BATCH;
    }
  }

  private record Hits(Peer peer, Choices choices) implements Worker {
    @Override
    public long work() {
      long sum = 0;
      for (int i = 0; i < BATCH; i++) {
        long number = choices.next();
        byte[] value = peer.get(choices.key(number));
        if (value == null) {
          throw new IllegalStateException("entry " + number + " is not there");
        }
        sum += Entries.markOf(value) - Entries.mark(number);
      }
      checkSum(sum);
      return BATCH;
    }
  }

  private static final class IntoHits implements Worker {
    private final Peer peer;
    private final Choices choices;
    private final byte[] value;

    IntoHits(Peer peer, Choices choices, int valueBytes) {
      this.peer = peer;
      this.choices = choices;
      this.value = new byte[valueBytes];
    }

    @Override
    public long work() {
      long sum = 0;
      for (int i = 0; i < BATCH; i++) {
        long number = choices.next();
        sum += peer.get(choices.key(number), value) - value.length;
        sum += Entries.markOf(value) - Entries.mark(number);
      }
      checkSum(sum);
      return BATCH;
    }
  }

  private record Misses(Peer peer, Choices choices) implements Worker {
    @Override
    public long work() {
      long found = 0;
      for (int i = 0; i < BATCH; i++) {
        found += peer.get(choices.key(choices.next() + ABSENT)) == null ? 0 : 1;
      }
      checkSum(found);
      return BATCH;
    }
  }

  private static final class Updates implements Worker {
    private final Peer peer;
    private final Choices choices;
    private final int valueBytes;
    private long version;

    Updates(Peer peer, Choices choices, int valueBytes) {
      this.peer = peer;
      this.choices = choices;
      this.valueBytes = valueBytes;
    }

    @Override
    public long work() {
      for (int i = 0; i < BATCH; i++) {
        long number = choices.next();
        peer.put(Entries.key(number), Entries.value(number, ++version, valueBytes));
      }
      return BATCH;
    }
  }

  private static final class Scans implements Worker {
    private final Peer peer;
    private final long entries;
    private final long marks;
    private long words;

    Scans(Peer peer, long entries) {
      this.peer = peer;
      this.entries = entries;
      long sum = 0;
      for (long number = 0; number < entries; number++) {
        sum += Entries.mark(number);
      }
      marks = sum;
    }

    @Override
    public long work() {
      ScanVisitor visitor = new ScanVisitor();
      peer.scan(visitor);
      if (visitor.entries() != entries || visitor.marks() != marks) {
        throw new IllegalStateException(
            "a scan found " + visitor.entries() + " entries of " + entries + ", or wrong ones");
      }
      words += visitor.words();
      return entries;
    }

    @Override
    public String toString() {
      return "scans, all words " + words;
    }
  }

  /** Inserts new entries, and removes them in the same order. */
  static final class Churn {
    private final Peer peer;
    private final long begin;
    private final long most;
    private final int valueBytes;
    private final byte[] key = new byte[Entries.KEY_BYTES];
    private long inserted;
    private long removed;

    private Churn(Peer peer, long begin, long most, int valueBytes) {
      this.peer = peer;
      this.begin = begin;
      this.most = most;
      this.valueBytes = valueBytes;
    }

    /** Inserts some, as long as there are not too many. */
    long insert() {
      long end = Math.min(removed + most, inserted + BATCH);
      long done = end - inserted;
      for (; inserted < end; inserted++) {
        long number = begin + inserted;
        peer.put(Entries.key(number), Entries.value(number, 0, valueBytes));
      }
      return done;
    }

    /** Removes some of those that are there. */
    long remove() {
      long end = Math.min(inserted, removed + BATCH);
      long done = end - removed;
      for (; removed < end; removed++) {
        Entries.key(begin + removed, key);
        peer.remove(key);
      }
      return done;
    }
  }

  private static void checkSum(long sum) {
    if (sum != 0) {
      throw new IllegalStateException("what was read is not what was written");
    }
  }
}
