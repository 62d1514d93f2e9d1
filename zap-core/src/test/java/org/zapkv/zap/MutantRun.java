// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.CorruptException;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ZapException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/**
 * The use of one mutant, first for reading and then, another copy, for writing. Every call may
 * refuse with a CorruptException of the object. What is answered has to agree with what else is
 * answered: a lookup with the walk, a write with a model. An image that the check finds nothing in
 * must not be refused ever after.
 *
 * <p>Of an image with an overflow in which the check finds damage it is asked only that it is read
 * or refused: only the check compares the overflow with the main table.
 */
final class MutantRun {
  private static final int MOST_HOLDS = 400_000;
  private static final int MOST_LOOKUPS = 40;
  private static final int MISSING = 5;
  private static final int COOKIES = 6;
  private static final int WRITES = 40;

  /** What the image is like. */
  enum Outcome {
    REFUSED,
    READ_IN_PART,
    READ,
    SOUND
  }

  private record Entry(String key, ZapValue value, long hash, long cd, long cookie, long next) {}

  private final BufferCache cache;
  private final MutationBase base;
  private final ImageMutator mutant;
  private final Random random;
  private final Set<String> lookups = new HashSet<>();

  private @Nullable CorruptException refusal;
  private final List<String> problems = new ArrayList<>();
  private boolean checked;

  /** All entries in the order of the walk; null when the walk was refused. */
  private @Nullable Map<String, Entry> content;

  MutantRun(BufferCache cache, MutationBase base, ImageMutator mutant, Random random) {
    this.cache = cache;
    this.base = base;
    this.mutant = mutant;
    this.random = random;
  }

  Outcome go() {
    with(this::read);
    boolean clean = checked && problems.isEmpty();
    if (clean && refusal != null) {
      throw new AssertionError("the check found nothing, but reading", refusal);
    }
    Outcome outcome =
        !checked
            ? Outcome.REFUSED
            : clean ? Outcome.SOUND : content == null ? Outcome.READ_IN_PART : Outcome.READ;
    if (checked) {
      refusal = null;
      with(this::write);
      if (clean && refusal != null) {
        throw new AssertionError("the check found nothing, but writing", refusal);
      }
    }
    return outcome;
  }

  /** A use of a map that a copy of the image was opened as. */
  private interface Use {
    void use(ImageObject object, Zap zap);
  }

  private void with(Use use) {
    ImageObject object = Images.of(cache, mutant.blockSize(), mutant.image(), mutant.blockCount());
    try {
      Zap zap = open(object);
      if (zap != null) {
        use.use(object, zap);
      }
    } finally {
      object.sync();
      object.forget();
    }
    assertEquals(List.of(), cache.outstandingHolds());
  }

  private @Nullable Zap open(ImageObject object) {
    try {
      return Zap.open(new BoundedBlockObject(object, MOST_HOLDS), base.parameters());
    } catch (CorruptException e) {
      refused(object, e);
    } catch (ZapException e) {
      assertTrue(e.getMessage().contains("not supported"), e::toString);
    }
    return null;
  }

  private void refused(ImageObject object, CorruptException e) {
    assertEquals(object.objectId(), e.objectId());
    assertTrue(e.blockId() >= 0, e::toString);
    if (refusal == null) {
      refusal = e;
    }
  }

  private void attempt(ImageObject object, Runnable call) {
    try {
      call.run();
    } catch (CorruptException e) {
      refused(object, e);
    }
  }

  // Reading.

  private void read(ImageObject object, Zap zap) {
    Map<String, @Nullable ZapValue> answers = new LinkedHashMap<>();
    int skip = random.nextInt(1 + base.keys().size() / MOST_LOOKUPS);
    for (int i = skip; i < base.keys().size(); i += 1 + skip) {
      if (isUsable(base.keys().get(i))) {
        lookups.add(text(base.keys().get(i)));
      }
    }
    for (int i = 0; i < MISSING; i++) {
      lookups.add(text(freshKey()));
    }
    boolean walkFirst = random.nextBoolean();
    if (random.nextBoolean()) {
      check(zap);
    }
    if (walkFirst) {
      attempt(object, () -> content = walk(zap));
    }
    lookups.removeIf(key -> isRefused(zap, key));
    lookups.forEach(key -> attempt(object, () -> answers.put(key, zap.get(bytes(key)))));
    if (!walkFirst) {
      attempt(object, () -> content = walk(zap));
    }
    if (mutant.hasOverflow()) {
      check(zap);
    }
    if (content != null) {
      if (isWhole()) {
        answersAgree(answers, content);
        attempt(object, () -> walkAgrees(zap, content));
      }
      attempt(object, () -> cookiesAgree(zap, List.copyOf(content.values())));
    }
    check(zap);
    attempt(object, () -> figuresAgree(zap));
    zap.close();
  }

  /**
   * Whether entries that a walk finds must be found by lookups: what ties the overflow to the main
   * table lies in several blocks and is looked at by the check only.
   */
  private boolean isWhole() {
    return !mutant.hasOverflow() || problems.isEmpty();
  }

  private void check(Zap zap) {
    List<String> found = new ArrayList<>();
    zap.check((block, offset, problem) -> found.add(block + "/" + offset + ": " + problem));
    if (checked) {
      assertEquals(problems.isEmpty(), found.isEmpty(), () -> problems + " then " + found);
    }
    checked = true;
    problems.addAll(found);
  }

  private Map<String, Entry> walk(Zap zap) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Entry before = null;
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        Entry entry =
            new Entry(
                text(cursor.key()),
                cursor.value(),
                cursor.hash(),
                Integer.toUnsignedLong(cursor.cd()),
                cursor.cookie(),
                cursor.nextCookie());
        // The overflow, if there is one, comes after the rest, in an order of its own.
        assertTrue(
            before == null || cursor.isInOverflow() || isBefore(before, entry),
            "the order of the walk");
        boolean twice = entries.put(entry.key, entry) != null;
        assertTrue(!twice || mutant.hasOverflow(), "a key that came twice");
        before = entry;
      }
    }
    return entries;
  }

  private static boolean isBefore(Entry entry, Entry other) {
    int byHash = Long.compareUnsigned(entry.hash, other.hash);
    return byHash < 0 || (byHash == 0 && entry.cd < other.cd);
  }

  private static void answersAgree(
      Map<String, @Nullable ZapValue> answers, Map<String, Entry> content) {
    answers.forEach(
        (key, value) -> {
          Entry entry = content.get(key);
          assertEquals(entry == null ? null : entry.value, value, "a lookup and the walk");
        });
  }

  private void walkAgrees(Zap zap, Map<String, Entry> content) {
    int step = 1 + random.nextInt(1 + content.size() / MOST_LOOKUPS);
    int number = 0;
    for (Entry entry : content.values()) {
      if (++number % step != 0) {
        continue;
      }
      byte[] key = bytes(entry.key);
      assertEquals(entry.value, zap.get(key), "the walk and a lookup");
      assertTrue(zap.contains(key));
      assertEquals(entry.hash, zap.hash(key));
    }
  }

  private void cookiesAgree(Zap zap, List<Entry> entries) {
    for (int i = 0; i < COOKIES && !entries.isEmpty(); i++) {
      int at = i == 0 ? entries.size() - 1 : random.nextInt(entries.size());
      try (ZapCursor here = zap.cursor(entries.get(at).cookie)) {
        assertTrue(here.next());
        assertEquals(entries.get(at).key, text(here.key()));
      }
      try (ZapCursor after = zap.cursor(entries.get(at).next)) {
        assertEquals(at + 1 < entries.size(), after.next(), "the end of the walk");
        if (at + 1 < entries.size()) {
          assertEquals(entries.get(at + 1).key, text(after.key()));
        }
      }
    }
    try (ZapCursor anywhere = zap.cursor(random.nextLong())) {
      anywhere.next();
    }
  }

  private void figuresAgree(Zap zap) {
    ZapStatistics statistics = zap.statistics();
    long count = zap.count();
    assertEquals(count, statistics.entryCount());
    if (problems.isEmpty()) {
      assertNotNull(content, () -> "a walk of a sound image: " + refusal);
      assertEquals(content.size(), count);
    }
  }

  // Writing.

  private void write(ImageObject object, Zap zap) {
    Map<String, ZapValue> model = new HashMap<>();
    Set<String> unsure = new HashSet<>();
    if (content == null) {
      unsure.addAll(lookups);
    } else {
      content.forEach((key, entry) -> model.put(key, entry.value));
    }
    List<String> keys = new ArrayList<>(content == null ? lookups : content.keySet());
    for (int i = 0; i < WRITES / 2; i++) {
      keys.add(text(freshKey()));
    }
    int removals = random.nextInt(4) == 0 ? 90 : 30;
    int writes = removals == 90 ? Math.max(WRITES, 2 * keys.size()) : WRITES;
    for (int i = 0; i < writes; i++) {
      String key = keys.get(random.nextInt(keys.size()));
      boolean remove = random.nextInt(100) < removals;
      change(object, zap, key, remove ? null : value(), model, unsure);
    }
    assertFalse(zap.isBroken());
    compare(object, zap, model, unsure);
    zap.close();
    object.sync();
    object.forget();
    Zap again = open(object);
    if (again != null) {
      compare(object, again, model, unsure);
      again.close();
    }
  }

  /** A put, or a remove when there is no value. */
  private void change(
      ImageObject object,
      Zap zap,
      String key,
      @Nullable ZapValue value,
      Map<String, ZapValue> model,
      Set<String> unsure) {
    ZapValue previous;
    try (Transaction tx = object.begin()) {
      previous = value == null ? zap.remove(bytes(key), tx) : zap.put(bytes(key), value, tx);
    } catch (CorruptException e) {
      refused(object, e);
      unsure.add(key);
      return;
    } catch (MapFullException | ValueTooLargeException e) {
      return;
    }
    if (!isWhole()) {
      return;
    }
    if (!unsure.remove(key) && (content != null || model.containsKey(key))) {
      assertEquals(model.get(key), previous, "what a write replaced");
    }
    if (value == null) {
      model.remove(key);
    } else {
      model.put(key, value);
    }
  }

  private void compare(
      ImageObject object, Zap zap, Map<String, ZapValue> model, Set<String> unsure) {
    if (!isWhole()) {
      attempt(object, () -> walk(zap));
      return;
    }
    model.forEach(
        (key, value) -> {
          if (!unsure.contains(key)) {
            attempt(
                object, () -> assertEquals(value, zap.get(bytes(key)), "a lookup after writes"));
          }
        });
    attempt(object, () -> compareWalk(walk(zap), model, unsure));
    boolean clean = problems.isEmpty();
    List<String> found = new ArrayList<>();
    zap.check((block, offset, problem) -> found.add(block + "/" + offset + ": " + problem));
    attempt(object, zap::statistics);
    if (clean) {
      assertEquals(List.of(), found);
      assertEquals(model.size(), zap.count());
    }
  }

  private void compareWalk(
      Map<String, Entry> walked, Map<String, ZapValue> model, Set<String> unsure) {
    model.forEach(
        (key, value) -> {
          if (!unsure.contains(key)) {
            Entry entry = walked.get(key);
            assertNotNull(entry, "a key that was written and not met by the walk");
            assertEquals(value, entry.value);
          }
        });
    if (content != null) {
      walked.forEach(
          (key, entry) -> assertTrue(unsure.contains(key) || model.containsKey(key), "a key"));
    }
  }

  private ZapValue value() {
    if (random.nextBoolean()) {
      return ZapValue.ofLong(random.nextLong());
    }
    int most = Math.min(ZapValue.MAX_BYTES, mutant.blockSize() / 2);
    byte[] bytes = new byte[random.nextInt(random.nextBoolean() ? 40 : most)];
    random.nextBytes(bytes);
    return ZapValue.ofBytes(bytes);
  }

  // Keys.

  private boolean isUsable(byte[] key) {
    return !mutant.hasWordKeys() || (key.length > 0 && key.length % Long.BYTES == 0);
  }

  /** Whether a map that normalises its keys cannot have a key. */
  private static boolean isRefused(Zap zap, String key) {
    try {
      zap.hash(bytes(key));
      return false;
    } catch (KeyNotTextException e) {
      return true;
    }
  }

  private byte[] freshKey() {
    byte[] key = new byte[mutant.hasWordKeys() ? 8 * (1 + random.nextInt(4)) : random.nextInt(60)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (1 + random.nextInt(126));
    }
    return key;
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.ISO_8859_1);
  }
}
