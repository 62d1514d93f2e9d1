// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.harness.subject.Subject;

/**
 * Something that is made wrong on purpose, between the harness and the store or between the store
 * and its devices. It happens now and then only: what is always wrong is found at once.
 */
public enum Defect {
  /** Nothing is wrong: whoever finds something is wrong. */
  NONE("none", "nothing is wrong: nothing may be found") {},

  /** The store answers before the log has been flushed. */
  LOG_FLUSH_LEFT_OUT("log-flush", "every 8th flush of the log is left out") {
    @Override
    BlockDevice log(BlockDevice device) {
      return new LeftOutFlush(device, new Every(8));
    }
  },

  /** The store goes on before its blocks have been flushed. */
  BLOCK_FLUSH_LEFT_OUT("block-flush", "every 4th flush of the blocks is left out") {
    @Override
    BlockDevice blocks(BlockDevice device) {
      return new LeftOutFlush(device, new Every(4));
    }
  },

  /** The log lacks something that was written to it and flushed. */
  LOST_RECORD("lost-record", "every 16th write of the log vanishes, though it is flushed") {
    @Override
    BlockDevice log(BlockDevice device) {
      return new LostWrite(device, new Every(16));
    }
  },

  /** A block holds what it held before. */
  STALE_BLOCK("stale-block", "every 64th write over a block vanishes: it holds what it held") {
    @Override
    BlockDevice blocks(BlockDevice device) {
      return new LostOverwrite(device, new Every(64));
    }
  },

  /** A block was given out again while something still refers to it. */
  REUSED_BLOCK("reused-block", "every 64th block is written over one that is in use, too") {
    @Override
    BlockDevice blocks(BlockDevice device) {
      return new ReusedBlock(device, new Every(64));
    }
  },

  /**
   * A buffer has kept what was made of its block before. The cache has no place to put that in from
   * outside, so it is what a reader would see of it: one value of before.
   */
  STALE_USER("stale-user", "every 64th read of a changed key gives the value of before") {
    @Override
    Subject subject(Subject subject) {
      return new StaleReads(subject, new Every(64));
    }
  },

  /** A batch is in two commits. */
  TORN_BATCH("torn-batch", "every 4th batch is made in two commits") {
    @Override
    Subject subject(Subject subject) {
      return new SplitBatches(subject, new Every(4));
    }
  },

  /** A walk passes an entry that a split has moved. */
  WRONG_SCAN("wrong-scan", "a walk leaves out an entry after 8 changes of its map") {
    @Override
    Subject subject(Subject subject) {
      return new ForgetfulScans(subject);
    }
  },

  /** Of two changes at the same time one is not made. */
  LOST_UPDATE("lost-update", "every 4th change made during that of another thread is not made", 2) {
    @Override
    Subject subject(Subject subject) {
      return new LostUpdates(subject, new Every(4));
    }
  },

  /** The store answers that something is durable which it has not asked for to be. */
  EARLY_ANSWER("early-answer", "every 8th durable commit is answered before it is durable") {
    @Override
    Subject subject(Subject subject) {
      return new EarlyAnswers(subject, new Every(8));
    }
  },

  /** The store does not look whether a write has failed. */
  WRITE_ERROR_IGNORED("ignored-write-error", "a write that fails is taken for done") {
    @Override
    BlockDevice log(BlockDevice device) {
      return new IgnoredErrors(device, true, false);
    }

    @Override
    BlockDevice blocks(BlockDevice device) {
      return new IgnoredErrors(device, true, false);
    }
  },

  /** The store does not look whether a flush has failed. */
  FLUSH_ERROR_IGNORED("ignored-flush-error", "a flush that fails is taken for done") {
    @Override
    BlockDevice log(BlockDevice device) {
      return new IgnoredErrors(device, false, true);
    }

    @Override
    BlockDevice blocks(BlockDevice device) {
      return new IgnoredErrors(device, false, true);
    }
  };

  private final String title;
  private final String text;
  private final int threads;

  Defect(String title, String text) {
    this(title, text, 1);
  }

  Defect(String title, String text, int threads) {
    this.title = title;
    this.text = text;
    this.threads = threads;
  }

  /**
   * What it is called.
   *
   * @return one word
   */
  public String title() {
    return title;
  }

  /**
   * What is wrong, and how often.
   *
   * @return a phrase
   */
  public String text() {
    return text;
  }

  /**
   * How many threads it takes to meet it.
   *
   * @return 1 or 2
   */
  public int threads() {
    return threads;
  }

  /** A device for blocks, with the defect. A store that is opened gets a new one. */
  BlockDevice blocks(BlockDevice device) {
    return device;
  }

  /** A device for the log, with the defect. A store that is opened gets a new one. */
  BlockDevice log(BlockDevice device) {
    return device;
  }

  /** An open store with the defect. */
  Subject subject(Subject subject) {
    return subject;
  }
}
