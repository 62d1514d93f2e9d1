// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.DeviceException;

/**
 * Every operation in every state of a buffer. In the table: {@code yes}, {@code no} and {@code
 * null} are what the operation gives (yes: anything else, or nothing), {@code ERROR} is a {@link
 * BufferStateException} that names the buffer, the state it is in, and what the operation needs.
 */
final class StateMatrixTest {
  /*
   * The states, each reached on this thread:
   *
   *   UNCACHED  freed          GONE      failed to be filled, still held     READ  in its source
   *   FILL, NOFILL held        CACHED    held                                IDLE  cached, unheld
   *   EVICTING  in evictSync of a user that goes early                       WRITE in DirtyWriter
   *   DETACHED  held, resized
   */
  private static final String TABLE =
      """
      operation       UNCACHED GONE  READ  FILL  NOFILL CACHED IDLE  EVICTING WRITE DETACHED
      address         ERROR    ERROR ERROR yes   ERROR  yes    ERROR ERROR    yes   yes
      contentLock     yes      yes   yes   yes   yes    yes    yes   yes      yes   yes
      changeBytes     ERROR    ERROR ERROR yes   ERROR  yes    ERROR ERROR    ERROR ERROR
      endChange       ERROR    ERROR ERROR ERROR ERROR  ERROR  ERROR ERROR    ERROR ERROR
      readStamp       no       no    no    no    no     yes    yes   no       no    no
      isValid         no       no    no    no    no     yes    yes   no       no    no
      read            null     null  null  null  null   yes    yes   null     null  null
      noteUse         yes      yes   yes   yes   yes    yes    yes   yes      yes   yes
      tryHold         no       no    no    no    no     yes    yes   no       no    no
      user            null     null  null  null  null   null   null  null     null  null
      setUser         ERROR    ERROR ERROR ERROR ERROR  null   ERROR ERROR    ERROR null
      setUserEarly    ERROR    ERROR ERROR ERROR ERROR  null   ERROR ERROR    ERROR null
      replaceUser     ERROR    ERROR ERROR ERROR ERROR  null   ERROR ERROR    ERROR null
      removeUser      ERROR    ERROR ERROR ERROR ERROR  null   ERROR ERROR    ERROR null
      userSizeBytes   ERROR    ERROR ERROR ERROR ERROR  ERROR  ERROR ERROR    ERROR ERROR
      tryUserSize     no       no    no    no    no     no     no    no       no    no
      dirty           ERROR    ERROR ERROR yes   ERROR  yes    ERROR ERROR    ERROR ERROR
      isDirty         no       no    no    no    no     no     no    no       no    no
      copyOut         ERROR    ERROR ERROR ERROR ERROR  ERROR  ERROR ERROR    ERROR ERROR
      clean           yes      yes   yes   yes   yes    yes    yes   yes      yes   yes
      fillDone        ERROR    ERROR ERROR yes   ERROR  ERROR  ERROR ERROR    ERROR ERROR
      fillFailed      ERROR    ERROR ERROR yes   ERROR  ERROR  ERROR ERROR    ERROR ERROR
      release         ERROR    yes   ERROR yes   yes    yes    ERROR ERROR    ERROR yes
      hold            yes      yes   ERROR ERROR ERROR  yes    yes   ERROR    ERROR yes
      holdReserved    yes      yes   ERROR ERROR ERROR  yes    yes   ERROR    ERROR yes
      holdIfCached    null     null  null  null  null   yes    yes   null     null  yes
      find            null     null  yes   yes   yes    yes    yes   yes      yes   yes
      holdForFill     yes      yes   ERROR ERROR ERROR  yes    yes   ERROR    ERROR yes
      holdNoFill      yes      yes   ERROR ERROR ERROR  yes    yes   ERROR    ERROR yes
      resize          ERROR    ERROR ERROR ERROR ERROR  yes    ERROR ERROR    ERROR ERROR
      freeRange       yes      yes   yes   yes   yes    yes    yes   ERROR    ERROR yes
      dropObject      yes      yes   yes   yes   yes    yes    yes   ERROR    ERROR yes
      """;

  private static final int SIZE = 4096;
  private static final long BLOCK = 9;
  private static final long GROUP = 77;
  private static final BlockSource ZEROS =
      (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, (byte) 0);

  /** What is done to a buffer, and by what it is released if that took a hold. */
  private interface Operation {
    @Nullable Object run(Situation situation, Buffer buffer);
  }

  /** How a buffer gets into a state, and what happens in there. */
  private interface Entry {
    void enter(Situation situation);
  }

  /** One cache, one buffer in one state, one operation. */
  private static final class Situation {
    final Operation operation;
    final List<Buffer> taken = new ArrayList<>();
    final BufferCache cache;
    @Nullable Buffer writtenOut;
    @Nullable Buffer held;
    String outcome = "";

    Situation(Operation operation) {
      this.operation = operation;
      this.cache =
          BufferCache.builder()
              .budgetBytes(4L << 20)
              .reserveBytes(0)
              .dirtyWriter(
                  (buffer, group) -> {
                    if (writtenOut == null) {
                      writtenOut = buffer;
                      meet(buffer);
                    }
                    return true;
                  })
              .build();
    }

    Buffer hold(BlockSource source) {
      return cache.hold(source, 1, BLOCK, SIZE, "test");
    }

    Buffer take(Buffer buffer) {
      taken.add(buffer);
      return buffer;
    }

    /** The buffer is in its state now. */
    void meet(Buffer buffer) {
      BufferState before = buffer.state();
      int holds = buffer.holds();
      try {
        Object result = operation.run(this, buffer);
        outcome =
            result == null ? "null" : result.equals(false) || result.equals(0L) ? "no" : "yes";
      } catch (BufferStateException e) {
        String message = String.valueOf(e.getMessage());
        boolean isPrecise =
            message.startsWith("buffer object=1 block=9 size=4096 state=" + before + " ")
                && message.contains(" needs ");
        outcome = isPrecise ? "ERROR" : message;
        if (before != buffer.state() || holds != buffer.holds()) {
          outcome = "changed to " + buffer;
        }
      }
    }

    /** Releases all holds, but for that of the buffer if the operation has released it. */
    void end(boolean isReleased) {
      for (Buffer buffer : taken) {
        buffer.release("test");
      }
      if (held != null && !isReleased) {
        held.release("test");
      }
      cache.close();
      CacheStats stats = cache.stats();
      assertEquals(0, stats.outstandingHolds());
      assertEquals(0, stats.usedBytes());
      assertEquals(0, stats.userFailures());
    }
  }

  private static Map<String, Entry> states() {
    Map<String, Entry> states = new LinkedHashMap<>();
    states.put(
        "UNCACHED",
        at -> {
          Buffer buffer = at.hold(ZEROS);
          buffer.release("test");
          at.cache.freeRange(1, BLOCK, 1, 1);
          at.meet(buffer);
        });
    states.put(
        "GONE",
        at -> {
          Buffer buffer = at.cache.holdForFill(1, BLOCK, SIZE, "test");
          at.held = buffer;
          buffer.fillFailed();
          at.meet(buffer);
        });
    states.put(
        "READ",
        at -> {
          Buffer loaded =
              at.hold(
                  (objectId, blockId, address, sizeBytes) -> {
                    at.meet(Objects.requireNonNull(at.cache.find(objectId, blockId)));
                    NativeMemory.fill(address, sizeBytes, (byte) 1);
                  });
          at.held = loaded;
        });
    states.put(
        "FILL",
        at -> {
          Buffer buffer = at.cache.holdForFill(1, BLOCK, SIZE, "test");
          at.held = buffer;
          at.meet(buffer);
        });
    states.put(
        "NOFILL",
        at -> {
          Buffer buffer = at.cache.holdNoFill(1, BLOCK, SIZE, "test");
          at.held = buffer;
          at.meet(buffer);
        });
    states.put(
        "CACHED",
        at -> {
          Buffer buffer = at.hold(ZEROS);
          at.held = buffer;
          at.meet(buffer);
        });
    states.put(
        "IDLE",
        at -> {
          Buffer buffer = at.hold(ZEROS);
          buffer.release("test");
          at.meet(buffer);
        });
    states.put(
        "EVICTING",
        at -> {
          Buffer buffer = at.hold(ZEROS);
          assertNull(buffer.setUserImmediateEvict(() -> at.meet(buffer)));
          buffer.release("test");
        });
    states.put("WRITE", StateMatrixTest::meetInDirtyWriter);
    states.put(
        "DETACHED",
        at -> {
          Buffer buffer = at.hold(ZEROS);
          at.held = buffer;
          // Back to its size, so that the operations of the cache meet the new one.
          Buffer half = at.cache.resize(buffer, SIZE / 2, "test");
          Buffer whole = at.cache.resize(half, SIZE, "test");
          half.release("test");
          whole.release("test");
          at.meet(buffer);
        });
    return states;
  }

  /** Fills the cache with dirty blocks until one is written out. */
  private static void meetInDirtyWriter(Situation at) {
    Buffer buffer = at.hold(ZEROS);
    buffer.dirty(1);
    buffer.release("test");
    for (int block = 100; at.writtenOut == null; block++) {
      at.take(at.cache.hold(ZEROS, 2, block, 1 << 20, "test"));
    }
    assertEquals(buffer, at.writtenOut);
  }

  private static Map<String, Operation> operations() {
    Map<String, Operation> all = new LinkedHashMap<>();
    BufferUser user = () -> {};
    all.put("address", (at, buffer) -> buffer.address());
    all.put("contentLock", (at, buffer) -> buffer.contentLock());
    all.put(
        "changeBytes",
        (at, buffer) -> {
          buffer.beginChange();
          buffer.endChange();
          return true;
        });
    all.put("endChange", (at, buffer) -> done(buffer::endChange));
    all.put("readStamp", (at, buffer) -> buffer.readStamp());
    all.put("isValid", (at, buffer) -> buffer.isValid(1L << 16));
    all.put("read", (at, buffer) -> buffer.read(NativeMemory::getLong) == null ? null : "bytes");
    all.put("noteUse", (at, buffer) -> done(buffer::noteUse));
    all.put("tryHold", (at, buffer) -> buffer.tryHold("test") ? at.take(buffer) : false);
    all.put("user", (at, buffer) -> buffer.user());
    all.put("setUser", (at, buffer) -> buffer.setUser(user));
    all.put("setUserEarly", (at, buffer) -> buffer.setUserImmediateEvict(user));
    all.put("replaceUser", (at, buffer) -> buffer.replaceUser(null, user));
    all.put("removeUser", (at, buffer) -> buffer.removeUser(user));
    all.put("userSizeBytes", (at, buffer) -> done(() -> buffer.userSizeBytes(1)));
    all.put("tryUserSize", (at, buffer) -> buffer.tryUserSizeBytes(1, false));
    all.put("dirty", (at, buffer) -> buffer.dirty(GROUP));
    all.put("isDirty", (at, buffer) -> buffer.isDirty(GROUP));
    all.put("copyOut", StateMatrixTest::copyOut);
    all.put("clean", (at, buffer) -> done(() -> buffer.clean(GROUP)));
    all.put("fillDone", StateMatrixTest::fillDone);
    all.put("fillFailed", (at, buffer) -> done(buffer::fillFailed));
    all.put("release", (at, buffer) -> done(() -> buffer.release("test")));
    all.put("hold", (at, buffer) -> at.take(at.hold(ZEROS)));
    all.put(
        "holdReserved",
        (at, buffer) -> at.take(at.cache.holdReserved(ZEROS, 1, BLOCK, SIZE, "test")));
    all.put(
        "holdIfCached",
        (at, buffer) -> {
          Buffer cached = at.cache.holdIfCached(1, BLOCK, "test");
          return cached == null ? null : at.take(cached);
        });
    all.put("find", (at, buffer) -> at.cache.find(1, BLOCK));
    all.put("holdForFill", (at, buffer) -> at.take(at.cache.holdForFill(1, BLOCK, SIZE, "test")));
    all.put("holdNoFill", (at, buffer) -> at.take(at.cache.holdNoFill(1, BLOCK, SIZE, "test")));
    all.put("resize", (at, buffer) -> at.take(at.cache.resize(buffer, SIZE * 2, "test")));
    all.put("freeRange", (at, buffer) -> done(() -> at.cache.freeRange(1, BLOCK, 1, GROUP)));
    all.put("dropObject", (at, buffer) -> done(() -> at.cache.dropObject(1)));
    return all;
  }

  private static Object copyOut(Situation at, Buffer buffer) {
    try (IoMemory memory = at.cache.allocateIo(SIZE)) {
      buffer.copyOut(GROUP, memory.address());
      return true;
    }
  }

  private static Object fillDone(Situation at, Buffer buffer) {
    if (buffer.state() == BufferState.FILL) {
      NativeMemory.fill(buffer.address(), SIZE, (byte) 1);
    }
    buffer.fillDone();
    return true;
  }

  private static Object done(Runnable action) {
    action.run();
    return true;
  }

  @Test
  void everyOperationInEveryState() {
    Map<String, Entry> states = states();
    Map<String, Operation> operations = operations();
    Iterator<String> lines = TABLE.lines().iterator();
    List<String> columns = Arrays.asList(lines.next().split(" +", 0));
    assertEquals(List.copyOf(states.keySet()), columns.subList(1, columns.size()));
    List<String> rows = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    while (lines.hasNext()) {
      List<String> cells = Arrays.asList(lines.next().split(" +", 0));
      String name = cells.get(0);
      rows.add(name);
      Operation operation = Objects.requireNonNull(operations.get(name), name);
      for (int i = 1; i < cells.size(); i++) {
        String state = columns.get(i);
        Situation situation = new Situation(operation);
        Objects.requireNonNull(states.get(state)).enter(situation);
        if (!situation.outcome.equals(cells.get(i))) {
          wrong.add(name + " in " + state + ": " + situation.outcome);
        }
        situation.end(name.equals("release") && situation.outcome.equals("yes"));
      }
    }
    assertEquals(List.copyOf(operations.keySet()), rows);
    assertEquals(List.of(), wrong);
  }

  @Test
  void aFailedReadLeavesTheStateUncached() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build()) {
      Buffer[] seen = new Buffer[1];
      BlockSource failing =
          (objectId, blockId, address, sizeBytes) -> {
            seen[0] = Objects.requireNonNull(cache.find(objectId, blockId));
            throw new DeviceException("no");
          };
      try {
        cache.hold(failing, 1, 1, SIZE, "test").release("test");
      } catch (DeviceException e) {
        assertEquals("no", e.getMessage());
      }
      assertEquals(BufferState.UNCACHED, seen[0].state());
      assertEquals(0, seen[0].holds());
    }
  }
}
