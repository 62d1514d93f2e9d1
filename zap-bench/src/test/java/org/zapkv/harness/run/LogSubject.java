// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;

/** Maps on the heap, and a log of all commits, one write each. All methods under its lock. */
class LogSubject implements Subject {
  /** A record that is not whole is that of a commit that has not returned. */
  private static final int RECORD_END = 0x5a;

  /** How long a commit takes, at least, of a store that is right again when it is closed. */
  private static final long COMMIT_NANOS = 100_000;

  private final Path file;

  /** What of a commit is written at once. */
  private final UnaryOperator<List<Change>> written;

  private final Map<String, Map<String, byte[]>> maps = new TreeMap<>();
  private final OutputStream log;
  private final boolean writesAllAtClose;
  private long sequence;

  LogSubject(Path directory, UnaryOperator<List<Change>> written, boolean writesAllAtClose)
      throws IOException {
    this.written = written;
    this.writesAllAtClose = writesAllAtClose;
    Files.createDirectories(directory);
    file = directory.resolve("log");
    long whole = Files.exists(file) ? read() : 0;
    Path rest = directory.resolve("whole");
    Files.write(rest, Files.exists(file) ? head(whole) : new byte[0]);
    Files.move(rest, file, StandardCopyOption.REPLACE_EXISTING);
    log = Files.newOutputStream(file, StandardOpenOption.APPEND);
  }

  private byte[] head(long bytes) throws IOException {
    return Arrays.copyOf(Files.readAllBytes(file), (int) bytes);
  }

  /** Gives how many bytes are of whole records. */
  private long read() throws IOException {
    long whole = 0;
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      while (in.available() > Integer.BYTES) {
        int bytes = in.readInt();
        byte[] record = in.readNBytes(bytes);
        if (record.length < bytes || in.read() != RECORD_END) {
          return whole;
        }
        change(record);
        whole += Integer.BYTES + bytes + 1;
      }
    }
    return whole;
  }

  private void change(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    while (in.available() > 0) {
      String map = in.readUTF();
      String key = in.readUTF();
      int length = in.readInt();
      change(map, key, length < 0 ? null : in.readNBytes(length));
    }
  }

  private void change(String map, String key, byte @Nullable [] value) {
    if (value == null) {
      maps.getOrDefault(map, Map.of()).remove(key);
    } else {
      maps.computeIfAbsent(map, any -> new TreeMap<>()).put(key, value);
    }
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private void write(List<Change> changes) {
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(record)) {
      for (Change change : changes) {
        byte[] value = change.value();
        out.writeUTF(change.map());
        out.writeUTF(text(change.key()));
        out.writeInt(value == null ? -1 : value.length);
        out.write(value == null ? new byte[0] : value);
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      try (DataOutputStream framed = new DataOutputStream(all)) {
        framed.writeInt(record.size());
        framed.write(record.toByteArray());
        framed.write(RECORD_END);
      }
      log.write(all.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  @Override
  public synchronized long commit(List<Change> changes, Promise promise) {
    write(written.apply(changes));
    for (Change change : changes) {
      change(change.map(), text(change.key()), change.value());
    }
    if (writesAllAtClose) {
      // Not faster than who kills this process, who may have no processor of his own: once it is
      // closed there is nothing to be found.
      LockSupport.parkNanos(COMMIT_NANOS);
    }
    return ++sequence;
  }

  @Override
  public synchronized byte @Nullable [] get(String map, byte[] key) {
    return maps.getOrDefault(map, Map.of()).get(text(key));
  }

  @Override
  public synchronized Scan scan(String map, long cookie) {
    List<Entry> entries = new ArrayList<>();
    maps.getOrDefault(map, Map.of())
        .forEach((key, value) -> entries.add(new Entry(bytes(key), value)));
    Iterator<Entry> all = entries.iterator();
    return new Scan() {
      @Override
      public @Nullable Entry next() {
        return all.hasNext() ? all.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public synchronized List<String> maps() {
    return List.copyOf(maps.keySet());
  }

  @Override
  public void sync() {}

  @Override
  public synchronized void close() {
    try {
      if (writesAllAtClose) {
        rewrite();
      }
      log.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that there is, as one more commit after the removal of the rest. */
  private void rewrite() throws IOException {
    Files.write(file, new byte[0]);
    List<Change> all = new ArrayList<>();
    maps.forEach(
        (map, entries) ->
            entries.forEach((key, value) -> all.add(new Change(map, bytes(key), value))));
    write(all);
  }
}
