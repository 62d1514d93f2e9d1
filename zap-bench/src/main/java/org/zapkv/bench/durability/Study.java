// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.ChildJvm;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** One run of the report: what it measures, where, and what went wrong. One thread uses it. */
final class Study {
  private static final long HEAP_BYTES = 1L << 30;
  private static final long LOAD_HEAP_BYTES = 4L << 30;
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

  private final Scale scale;
  private final List<PeerKind> peers;
  private final Path directory;
  private final PrintStream progress;
  private final List<String> failures = new ArrayList<>();
  private boolean pageCacheKept;

  /**
   * A run.
   *
   * @param directory where stores are made and removed; nothing else may be in it
   * @param progress told what is being done
   */
  Study(Scale scale, List<PeerKind> peers, Path directory, PrintStream progress) {
    this.scale = scale;
    this.peers = peers;
    this.directory = directory;
    this.progress = progress;
  }

  Scale scale() {
    return scale;
  }

  List<PeerKind> peers() {
    return peers;
  }

  /** Parameters of a task on the store of the moment. */
  Parameters parameters(PeerKind kind) {
    return Parameters.of(kind, directory.resolve("store"))
        .with("entries", scale.entries())
        .with("cache", scale.cacheBytes());
  }

  /** Does a task on a store of its own. */
  Figures runAlone(Task task, Parameters parameters) throws IOException, InterruptedException {
    removeStore();
    try {
      return run(task, parameters);
    } finally {
      removeStore();
    }
  }

  /** Does a task on the store that the one before left. One that fails has no figures. */
  Figures run(Task task, Parameters parameters) throws IOException, InterruptedException {
    progress.println(task + " " + parameters);
    try {
      long heapBytes = task == Task.LOAD ? LOAD_HEAP_BYTES : HEAP_BYTES;
      return ChildJvm.run(task, parameters, ChildJvm.fixedHeap(heapBytes));
    } catch (IOException e) {
      progress.println(e.getMessage());
      failures.add(e.getMessage());
      return new Figures();
    }
  }

  void removeStore() throws IOException {
    Directories.remove(directory.resolve("store"));
  }

  /** Has the next reads come from the disk, as far as this user may. */
  void dropPageCache() throws IOException, InterruptedException {
    if (!scale.dropPageCache() || !Files.isWritable(DROP_CACHES)) {
      pageCacheKept = true;
      return;
    }
    // What is not written yet cannot be dropped.
    Directories.syncAll();
    Files.writeString(DROP_CACHES, "3\n", StandardCharsets.US_ASCII);
  }

  /** Whether stores were opened from the page cache, since it could not be dropped. */
  boolean pageCacheKept() {
    return pageCacheKept;
  }

  /** The messages of tasks that failed. */
  List<String> failures() {
    return Collections.unmodifiableList(failures);
  }
}
