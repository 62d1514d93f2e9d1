// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** Single puts, each of them durable, by some threads; and what the disk allows at most. */
final class PutTask {
  private static final int RAW_FILE_BYTES = 64 << 20;

  private PutTask() {}

  /** Updates random entries of a store. */
  static Figures puts(Parameters parameters) throws IOException, InterruptedException {
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      Load.all(peer, parameters.number("entries"));
    }
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(true))) {
      return measure(
          parameters,
          (number, version) -> peer.put(Entries.key(number), Entries.value(number, version)));
    }
  }

  /** Appends to a file that has its length already, and forces it; one thread at a time. */
  static Figures rawAppend(Parameters parameters) throws IOException, InterruptedException {
    Files.createDirectories(parameters.directory());
    ReentrantLock lock = new ReentrantLock();
    ByteBuffer record = ByteBuffer.allocateDirect(Entries.BYTES);
    try (FileChannel file =
        FileChannel.open(
            parameters.directory().resolve("raw"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE)) {
      long[] at = {preallocate(file)};
      return measure(
          parameters,
          (number, version) -> {
            lock.lock();
            try {
              record.clear().put(Entries.key(number)).put(Entries.value(number, version)).flip();
              at[0] = at[0] + Entries.BYTES > RAW_FILE_BYTES ? 0 : at[0];
              at[0] += file.write(record, at[0]);
              file.force(false);
            } finally {
              lock.unlock();
            }
          });
    }
  }

  /** Returns where to begin. */
  private static long preallocate(FileChannel file) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(RAW_FILE_BYTES);
    while (zeros.hasRemaining()) {
      file.write(zeros);
    }
    file.force(true);
    return 0;
  }

  private static Figures measure(Parameters parameters, Writers.Writer writer)
      throws IOException, InterruptedException {
    int threads = (int) parameters.number("threads");
    long entries = parameters.number("entries");
    Writers.run(threads, entries, parameters.seconds() / 4, writer);
    DiskCounters before = DiskCounters.now();
    Writers.Rate rate = Writers.run(threads, entries, parameters.seconds(), writer);
    DiskCounters used = DiskCounters.now().since(before);
    return new Figures()
        .put("perSecond", rate.perSecond())
        .put("flushesPerPut", (double) used.flushes() / rate.writes())
        .put("writtenPerByte", (double) used.writtenBytes() / (rate.writes() * Entries.BYTES));
  }
}
