// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.zapkv.harness.subject.Promise;

/** Makes up what one thread does in a life. */
final class ThreadGenerator {
  /** The walks of a thread. */
  static final int SCANS = 4;

  private static final int TO_THE_END = 1_000_000;
  private static final int MOST_STEPS = 60;

  /** What maps do in a segment: so many changes of a thousand are removals. */
  enum Phase {
    GROW(80),
    STEADY(400),
    SHRINK(850);

    private final int removals;

    Phase(int removals) {
      this.removals = removals;
    }
  }

  private final Swarm swarm;
  private final int thread;

  /** The first bits of all tags. */
  private final long tags;

  /** By the numbers of the maps. */
  private final List<LineKeys> keys;

  private int values;

  // Of this segment.
  private SplittableRandom random;
  private int segment;
  private Phase phase;
  private int editsLeft;
  private int bytesLeft;

  /** Walks that were begun. */
  private final BitSet scans = new BitSet(SCANS);

  ThreadGenerator(Swarm swarm, int thread, int lifeNumber) {
    this.swarm = swarm;
    this.thread = thread;
    this.tags = ((long) lifeNumber << 40) | ((thread + 1L) << 32);
    this.keys = swarm.maps().stream().map(map -> new LineKeys(map.keysOfThread())).toList();
    this.random = new SplittableRandom(0);
    this.phase = Phase.STEADY;
  }

  /** What the thread does in a segment. */
  List<Operation> next(SplittableRandom chance, int number, Phase does, int operations) {
    random = chance;
    segment = number;
    phase = does;
    editsLeft = Math.max(1, swarm.volume().edits() / swarm.threads());
    bytesLeft = swarm.valuesBytes() / swarm.threads();
    scans.clear();
    List<Operation> made = new ArrayList<>(operations);
    for (int i = 0; i < operations; i++) {
      made.add(operation(swarm.kind(random)));
    }
    return List.copyOf(made);
  }

  private Operation operation(OperationKind kind) {
    return switch (kind) {
      case APPLY -> new Operation.Apply(edit(), promise());
      case COMMIT -> new Operation.Commit(edits(), promise());
      case TRANSACT -> new Operation.Commit(edits(), promise(), true);
      case UPDATE -> update();
      case WIPE -> wipe();
      case GET -> get(thread);
      case GET_OF_OTHERS -> get(random.nextInt(swarm.threads()));
      case SCAN_BEGIN -> scanBegin();
      case SCAN_STEP -> scans.isEmpty() ? scanBegin() : scanStep();
      case SCAN_RESUME -> scans.isEmpty() ? scanBegin() : new Operation.ScanResume(scan());
      case SYNC -> new Operation.Sync();
      case COMPACT -> new Operation.Compact();
      case SCRUB -> new Operation.Scrub();
      case INTERRUPT -> new Operation.Interrupt();
      case CLOCK_JUMP -> clockJump();
    };
  }

  private Operation update() {
    Operation.Way way = swarm.way(random);
    // What is not changed must not be taken for changed.
    Edit edit = way == Operation.Way.WRONG_SWAP ? editWithoutEffect() : edit();
    return new Operation.Update(way, edit, promise());
  }

  private Edit editWithoutEffect() {
    int map = anyMap();
    MapShape shape = swarm.maps().get(map);
    boolean removes = removes(map);
    int number = removes || random.nextBoolean() ? present(map) : any(map);
    return new Edit(
        shape.nameFor(thread), shape.key(thread, number), removes ? null : value(shape));
  }

  private Operation wipe() {
    int map = 0;
    while (!swarm.maps().get(map).ofThread()) {
      map++;
    }
    keys.get(map).clear();
    String name = swarm.maps().get(map).nameFor(thread);
    // No store has a weaker promise for it.
    return new Operation.Wipe(name, swarm.drops(random), Promise.DURABLE);
  }

  private Promise promise() {
    return swarm.isDurable(random) ? Promise.DURABLE : Promise.LATER;
  }

  private int anyMap() {
    return random.nextInt(swarm.maps().size());
  }

  /** Changes of different keys. */
  private List<Edit> edits() {
    int wanted = Math.min(swarm.batch(random), Math.max(1, editsLeft));
    boolean isOverMaps = swarm.hasBatchesOverMaps() && random.nextBoolean();
    int map = anyMap();
    Set<Long> changed = new HashSet<>();
    List<Edit> edits = new ArrayList<>(wanted);
    // Small maps do not have so many keys.
    for (int tries = 2 * wanted; tries > 0 && edits.size() < wanted; tries--) {
      int of = isOverMaps ? anyMap() : map;
      boolean removes = removes(of);
      int number = removes || random.nextInt(4) == 0 ? present(of) : any(of);
      if (changed.add(((long) of << Integer.SIZE) | number)) {
        edits.add(edit(of, number, removes));
      }
    }
    return List.copyOf(edits);
  }

  private Edit edit() {
    int map = anyMap();
    boolean removes = removes(map);
    return edit(map, removes || random.nextInt(4) == 0 ? present(map) : any(map), removes);
  }

  private Edit edit(int map, int number, boolean removes) {
    MapShape shape = swarm.maps().get(map);
    String key = shape.key(thread, number);
    editsLeft--;
    if (removes) {
      keys.get(map).remove(number);
      return new Edit(shape.nameFor(thread), key, null);
    }
    keys.get(map).add(number);
    return new Edit(shape.nameFor(thread), key, value(shape));
  }

  private Value value(MapShape shape) {
    int drawn = shape.lengthBytes(random, segment);
    int length = drawn <= bytesLeft ? drawn : Value.MIN_BYTES;
    bytesLeft -= length;
    values++;
    return new Value(Chance.mixed(tags + values), length);
  }

  private boolean removes(int map) {
    boolean removes = Chance.perMille(random, phase.removals);
    return removes && !keys.get(map).isEmpty();
  }

  /** The number of a key of a map that is there, or of any if there is none. */
  private int present(int map) {
    return keys.get(map).isEmpty() ? any(map) : keys.get(map).any(random);
  }

  private int any(int map) {
    return swarm.maps().get(map).number(random);
  }

  private Operation get(int of) {
    int map = swarm.readMap(random);
    MapShape shape = swarm.maps().get(map);
    int number = of == thread && random.nextInt(4) > 0 ? present(map) : any(map);
    return new Operation.Get(shape.nameFor(of), shape.key(of, number));
  }

  private Operation scanBegin() {
    int scan = random.nextInt(SCANS);
    scans.set(scan);
    String map = swarm.maps().get(anyMap()).nameFor(random.nextInt(swarm.threads()));
    return new Operation.ScanBegin(number(scan), map);
  }

  private Operation scanStep() {
    int entries = random.nextInt(4) == 0 ? TO_THE_END : random.nextInt(MOST_STEPS);
    return new Operation.ScanStep(scan(), entries);
  }

  /** One of those that were begun. */
  private int scan() {
    int scan = scans.nextSetBit(random.nextInt(SCANS));
    return number(scan >= 0 ? scan : scans.nextSetBit(0));
  }

  private int number(int scan) {
    return thread * SCANS + scan;
  }

  private Operation clockJump() {
    long millis = Chance.of(random, 1, 1000, 60_000, 86_400_000);
    return new Operation.ClockJump(random.nextBoolean() ? millis : -millis);
  }
}
