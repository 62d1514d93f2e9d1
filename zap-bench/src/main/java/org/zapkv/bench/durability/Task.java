// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Measurement;
import org.zapkv.bench.report.Parameters;

/** The measurements, to be run in JVMs of their own. */
public enum Task implements Measurement {
  /** Appends to a file and forces it, without any store. */
  RAW_APPEND,

  /** Puts that are durable one by one. */
  PUTS,

  /** How long each of many updates takes. */
  PAUSES,

  /** The bytes written for a load, and for updates. */
  BYTES,

  /** The size of the files while all entries are overwritten again and again. */
  OVERWRITES,

  /** Loads a store, to be opened by others. */
  LOAD,

  /** Updates a store until the process is killed. */
  UPDATE_UNTIL_KILLED,

  /** Opens a store, and reads one entry. */
  OPEN;

  @Override
  public Figures run(Parameters parameters, Runnable ready)
      throws IOException, InterruptedException {
    return switch (this) {
      case RAW_APPEND -> PutTask.rawAppend(parameters);
      case PUTS -> PutTask.puts(parameters);
      case PAUSES -> PauseTask.run(parameters);
      case BYTES -> BytesTask.run(parameters);
      case OVERWRITES -> OverwriteTask.run(parameters);
      case LOAD -> OpenTask.load(parameters);
      case UPDATE_UNTIL_KILLED -> OpenTask.updateUntilKilled(parameters, ready);
      case OPEN -> OpenTask.open(parameters);
    };
  }
}
