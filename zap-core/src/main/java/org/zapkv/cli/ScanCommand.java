// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.MapCursor;
import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "scan",
    description = "Prints the entries of a map, a line each: key, tab, value.",
    footer = {
      "",
      "The order is that of the keys' hashes. In keys and values tab, newline, carriage",
      "return and backslash are printed as \\t \\n \\r \\\\, and other control characters",
      "and bytes that are no UTF-8 as \\xNN; 'zap load --escaped' reads that. A value",
      "that is an integer is printed in decimal digits, with --hex too.",
      "",
      "The last line on standard error is 'cursor 0x...' if there may be more entries,",
      "where a later scan, of the same map, can go on with --cursor, or else 'end'.",
      "",
      "Examples:",
      "  zap scan --limit 100 books titles",
      "  zap scan --json books titles"
    })
final class ScanCommand extends MapCommand {
  private static final String COOKIE_PREFIX = "0x";
  private static final String END = "end";

  /** What the position behind the last entry is. */
  private static final long END_COOKIE = -1;

  @Option(names = "--hex", description = "Print keys and values as hexadecimal digits.")
  private boolean hex;

  @Option(names = "--limit", paramLabel = "N", description = "Stop after N entries.")
  private @Nullable Long limit;

  @Option(
      names = "--cursor",
      paramLabel = "COOKIE",
      description = "Begin where an earlier scan stopped: the 0x... that it printed.")
  private @Nullable String cookie;

  ScanCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    long from = cookie == null ? 0 : parseCookie(cookie);
    if (limit != null && limit < 1) {
      throw usage("--limit: at least 1, not " + limit);
    }
    long most = limit == null ? Long.MAX_VALUE : limit;
    try (ZapStore store = openToRead();
        MapCursor cursor = existingMap(store).cursor(from)) {
      long count = 0;
      while (count < most && cursor.next()) {
        show(cursor.entry());
        count++;
      }
      String position = position(cursor, count == most);
      if (json()) {
        report("entries", count);
        report("cursor", position.equals(END) ? null : position);
      } else {
        out().flush();
        streams().err().println(position.equals(END) ? END : "cursor " + position);
      }
    }
    return ExitCode.OK;
  }

  private static String position(MapCursor cursor, boolean stopped) {
    long next = stopped ? cursor.nextCookie() : END_COOKIE;
    return next == END_COOKIE ? END : COOKIE_PREFIX + String.format("%016x", next);
  }

  private long parseCookie(String text) {
    String digits = text.startsWith(COOKIE_PREFIX) ? text.substring(COOKIE_PREFIX.length()) : "";
    if (!digits.matches("[0-9a-fA-F]{1,16}")) {
      throw usage("--cursor: " + text + " is no cookie; one has the form 0x0123456789abcdef");
    }
    return Long.parseUnsignedLong(digits, 16);
  }

  private void show(ZapEntry entry) {
    if (json()) {
      Map<String, @Nullable Object> members = new LinkedHashMap<>();
      members.put("key", entry.key());
      members.put("value", entry.isLong() ? entry.longValue() : entry.value());
      event(members);
    } else {
      print(entry);
    }
  }

  private void print(ZapEntry entry) {
    print(entry.key());
    out().write('\t');
    if (entry.isLong()) {
      out().write(Long.toString(entry.longValue()).getBytes(StandardCharsets.US_ASCII));
    } else {
      print(entry.value());
    }
    out().write('\n');
  }

  private void print(byte[] field) {
    if (hex) {
      Hex.write(field, out());
    } else {
      Escapes.write(field, out());
    }
  }
}
