// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "replay",
    description =
        "Makes an image by the operations of a log: the same bytes that OpenZFS would write.",
    footer = {
      "",
      "A line of the log, with tabs between the fields:",
      "  add|update|remove  name  length  count  value  result",
      "where the name is in hexadecimal digits without a NUL, length is the size of",
      "the value's integers (1, 2, 4, 8), count how many there are, value the integers",
      "in hexadecimal digits, most significant byte first (all three are empty for",
      "remove), and result one of OK EEXIST ENOENT E2BIG ENAMETOOLONG ENOTSUP ENOSPC. A",
      "line 'sync' ends a transaction group; 'reopen' also drops the object from memory",
      "and reads it again.",
      "",
      "Where an operation ends otherwise than the log says, that is reported with its",
      "line, and the exit code is 1; the lines after it are run all the same, and the",
      "image of what was done is written. A line that is none ends the command with",
      "exit code 1, and nothing is written.",
      "",
      "Example:",
      "  zap image replay ops.tsv map.zap --salt 24955"
    })
final class ImageReplayCommand extends ImageWriteCommand {
  private static final int RESULT_FIELD = 5;

  @Parameters(index = "0", paramLabel = "OPS.tsv", description = "The log; - is standard input.")
  private String log;

  private long operations;
  private long differences;

  ImageReplayCommand(Streams streams) {
    super(streams);
  }

  @Override
  String input() {
    return log;
  }

  @Override
  void run(ImageLines line, ImageTarget image) {
    String operation = line.field(0);
    if (operation.equals("sync") || operation.equals("reopen")) {
      checkAlone(line);
      if (operation.equals("sync")) {
        image.sync();
      } else {
        image.reopen();
      }
      return;
    }
    if (line.fieldCount() != RESULT_FIELD + 1) {
      throw line.bad(
          "there are "
              + line.fieldCount()
              + " fields; an operation has 6: what, name, length, count, value, result");
    }
    ImageResult expected = ImageResult.of(line.field(RESULT_FIELD));
    if (expected == null) {
      throw line.bad("the result is " + ImageLines.shown(line.field(RESULT_FIELD)));
    }
    compare(expected, change(operation, line, image), line);
  }

  private static void checkAlone(ImageLines line) {
    for (int i = 1; i < line.fieldCount(); i++) {
      if (!line.field(i).isEmpty()) {
        throw line.bad(line.field(0) + " stands alone, but there is " + line.field(i));
      }
    }
  }

  private ImageResult change(String operation, ImageLines line, ImageTarget image) {
    operations++;
    byte[] name = line.name(1, image);
    return switch (operation) {
      case "add" -> image.add(name, line.value(2));
      case "update" -> image.update(name, line.value(2));
      case "remove" -> {
        checkNoValue(line);
        yield image.remove(name);
      }
      default ->
          throw line.bad(
              "the operation is "
                  + ImageLines.shown(operation)
                  + "; it is add, update, remove, sync or reopen");
    };
  }

  private static void checkNoValue(ImageLines line) {
    for (int i = 2; i < RESULT_FIELD; i++) {
      if (!line.field(i).isEmpty()) {
        throw line.bad("a remove has no value");
      }
    }
  }

  private void compare(ImageResult expected, ImageResult result, ImageLines line) {
    if (result != expected) {
      differences++;
      streams().message(line.problem("expected " + expected + ", but the result is " + result));
    }
  }

  @Override
  int finish() {
    streams()
        .message(
            "replayed "
                + Sizes.count(operations)
                + " operations: "
                + (differences == 0
                    ? "all results as in the log"
                    : Sizes.count(differences) + " results differ from the log"));
    return differences == 0 ? ExitCode.OK : ExitCode.NO;
  }
}
