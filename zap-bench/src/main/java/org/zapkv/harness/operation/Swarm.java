// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.MapShape.Limits;
import org.zapkv.harness.subject.Capability;

/**
 * How a life is: what is done how often, and to what. Each life leaves out some of what there is,
 * and has much of the rest: that finds more than a bit of everything always.
 */
final class Swarm {
  private static final int BRIEF_LEAF_BYTES = 512;

  /** With so small leaves, a map of more keys has a pointer table beyond all measure. */
  private static final int MOST_BRIEF_KEYS = 2000;

  private static final int LONGEST_KEY_BYTES = 1000;
  private static final int LONGEST_VALUE_BYTES = 300_000;

  // What all stores have room for.
  private static final int USUAL_LONGEST_KEY_BYTES = 400;
  private static final int USUAL_LONGEST_VALUE_BYTES = 8000;

  private static final int STREAMS_EVERY = 6;

  /** In a segment, the values of all threads together are not much longer than this, in bytes. */
  private static final int VALUES_BYTES = 6 << 20;

  private static final int STREAMS_VALUES_BYTES = 9 << 20;
  private static final int STREAMS_SLOW_PER_MILLE = 150;

  /** Weights of what costs little are multiples of this. */
  private static final int WEIGHT = 16;

  private final int threads;
  private final Set<Capability> capabilities;
  private final Set<FaultKind> faults;
  private final int segments;
  private final Volume volume;
  private final List<MapShape> maps;

  /** For what came later: where a store does not have that, its lives are as they were. */
  private final SplittableRandom later;

  /** Whether the last map has large values that others read while they are replaced. */
  private final boolean hasStreams;

  private final Map<OperationKind, Integer> weights;
  private final int weightOfAll;
  private final int largestBatch;
  private final int durablePerMille;
  private final Openings openings;

  Swarm(long seed, int threads, Set<Capability> capabilities, Set<FaultKind> faults) {
    SplittableRandom random = new SplittableRandom(seed);
    this.threads = threads;
    this.capabilities = capabilities;
    this.faults = some(random, faults);
    this.later = Chance.part(seed, -1);
    this.volume = Volume.random(random);
    this.segments = Chance.logarithmic(random, volume == Volume.LARGE ? 4 : 2, 10);
    boolean isBrief = volume != Volume.LARGE && can(Capability.DEVICES) && random.nextInt(3) == 0;
    SplittableRandom latest = Chance.part(seed, -2);
    boolean isStreamed = latest.nextInt(STREAMS_EVERY) == 0 && can(Capability.STREAM);
    this.hasStreams = isStreamed && !isBrief && volume != Volume.LARGE;
    this.maps = maps(random, isBrief);
    this.weights = weights(random, latest);
    this.weightOfAll = weights.values().stream().mapToInt(Integer::intValue).sum();
    this.largestBatch = random.nextInt(4) == 0 ? Volume.LARGEST_BATCH : volume.largestBatch();
    this.durablePerMille = Chance.of(random, 0, 50, 300, 1000);
    this.openings = new Openings(random, isBrief ? BRIEF_LEAF_BYTES : 0);
  }

  /** Most of them, but all of some kinds. */
  private static Set<FaultKind> some(SplittableRandom random, Set<FaultKind> faults) {
    Set<FaultKind> some = EnumSet.noneOf(FaultKind.class);
    for (FaultKind fault : FaultKind.values()) {
      // Drawn for each one, so that the rest is the same whatever is switched on.
      boolean isOn = random.nextInt(4) > 0;
      if (isOn && faults.contains(fault)) {
        some.add(fault);
      }
    }
    return some;
  }

  private boolean can(Capability capability) {
    return capabilities.contains(capability);
  }

  private List<MapShape> maps(SplittableRandom random, boolean isBrief) {
    boolean isLarge = can(Capability.DEVICES);
    int longestKey = isLarge ? LONGEST_KEY_BYTES : USUAL_LONGEST_KEY_BYTES;
    int longestValue = isLarge ? LONGEST_VALUE_BYTES : USUAL_LONGEST_VALUE_BYTES;
    int count = 1 + random.nextInt(4);
    List<MapShape> shapes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int keys = volume.keys(random, threads, count);
      int kept = isBrief ? Math.min(keys, Math.max(1, MOST_BRIEF_KEYS / threads)) : keys;
      // The others may be of longs.
      boolean isBulky = volume == Volume.LARGE && i == 0;
      boolean isOwn = i == count - 1 && later.nextBoolean() && hasWipes();
      Limits limits = new Limits(longestKey, longestValue, isBrief, isBulky, isOwn);
      MapShape shape = MapShape.random(random, isOwn ? "d" : "m" + i, kept, limits);
      shapes.add(hasStreams && i == count - 1 ? shape.withStreams() : shape);
    }
    return List.copyOf(shapes);
  }

  private boolean hasWipes() {
    return can(Capability.DROP_MAP) || can(Capability.CLEAR_MAP);
  }

  private Map<OperationKind, Integer> weights(SplittableRandom random, SplittableRandom latest) {
    Map<OperationKind, Integer> chosen = new EnumMap<>(OperationKind.class);
    for (OperationKind kind : OperationKind.values()) {
      SplittableRandom chance =
          switch (kind) {
            case UPDATE, WIPE -> later;
            case TRANSACT -> latest;
            default -> random;
          };
      int weight = weight(chance, kind);
      boolean isOn = chance.nextInt(4) > 0;
      chosen.put(kind, isOn && isPossible(kind) ? weight : 0);
    }
    int changes = chosen.get(OperationKind.APPLY) + chosen.get(OperationKind.COMMIT);
    if (volume == Volume.LARGE && can(Capability.BATCH)) {
      chosen.put(OperationKind.COMMIT, 32 * WEIGHT);
    } else if (changes == 0) {
      chosen.put(OperationKind.APPLY, 8 * WEIGHT);
    }
    return chosen;
  }

  private static int weight(SplittableRandom random, OperationKind kind) {
    int power = random.nextInt(6);
    return switch (kind) {
      case APPLY, COMMIT, GET, GET_OF_OTHERS -> WEIGHT << power;
      case UPDATE, TRANSACT -> (WEIGHT / 2) << power;
      case SCAN_STEP -> (WEIGHT / 2) << power;
      case SCAN_BEGIN, SCAN_RESUME, SYNC -> (WEIGHT / 4) << (power / 2);
      case COMPACT, SCRUB -> 1 + power / 2;
      case WIPE -> 2 + power;
      case INTERRUPT, CLOCK_JUMP -> 4 + power;
    };
  }

  private boolean isPossible(OperationKind kind) {
    return switch (kind) {
      case COMMIT -> can(Capability.BATCH);
      case TRANSACT -> can(Capability.TRANSACT);
      case UPDATE -> can(Capability.COMPARE_AND_SET) || can(Capability.INCREMENT);
      case WIPE -> maps.stream().anyMatch(MapShape::ofThread);
      case GET_OF_OTHERS -> threads > 1;
      case SCAN_RESUME -> can(Capability.RESUMABLE_SCAN);
      case COMPACT -> can(Capability.COMPACT);
      case SCRUB -> can(Capability.SCRUB);
      case INTERRUPT -> faults.contains(FaultKind.INTERRUPT);
      case CLOCK_JUMP -> faults.contains(FaultKind.CLOCK);
      case APPLY, GET, SCAN_BEGIN, SCAN_STEP, SYNC -> true;
    };
  }

  OperationKind kind(SplittableRandom random) {
    int dice = random.nextInt(weightOfAll);
    for (Map.Entry<OperationKind, Integer> entry : weights.entrySet()) {
      dice -= entry.getValue();
      if (dice < 0) {
        return entry.getKey();
      }
    }
    throw new AssertionError(weights);
  }

  /** The next change of a key that was read before. */
  Operation.Way way(SplittableRandom random) {
    boolean isIncrement = random.nextInt(3) == 0;
    boolean isWrong = random.nextInt(4) == 0;
    if (!can(Capability.COMPARE_AND_SET) || (isIncrement && can(Capability.INCREMENT))) {
      return Operation.Way.INCREMENT;
    }
    return isWrong ? Operation.Way.WRONG_SWAP : Operation.Way.SWAP;
  }

  /** Whether a map goes when all in it goes. */
  boolean drops(SplittableRandom random) {
    boolean drops = random.nextInt(3) > 0;
    return can(Capability.DROP_MAP) && (drops || !can(Capability.CLEAR_MAP));
  }

  int batch(SplittableRandom random) {
    int most = random.nextInt(8) == 0 ? largestBatch : Math.min(largestBatch, 8);
    return 1 + random.nextInt(most);
  }

  boolean isDurable(SplittableRandom random) {
    return Chance.perMille(random, durablePerMille);
  }

  boolean hasBatchesOverMaps() {
    return can(Capability.BATCH_OVER_MAPS);
  }

  int threads() {
    return threads;
  }

  /** How many segments the life has. */
  int segments() {
    return segments;
  }

  /** How long the values of a segment are together, about, at most. */
  int valuesBytes() {
    return hasStreams ? STREAMS_VALUES_BYTES : VALUES_BYTES;
  }

  /** Of which map a key is read: rather of the one whose values take long to read. */
  int readMap(SplittableRandom random) {
    int last = maps.size() - 1;
    return hasStreams && random.nextBoolean() ? last : random.nextInt(maps.size());
  }

  Volume volume() {
    return volume;
  }

  List<MapShape> maps() {
    return maps;
  }

  Openings openings() {
    return openings;
  }

  /** How a segment of so many operations ends. */
  Segment.Ending ending(SplittableRandom random, int operations) {
    return Endings.random(random, can(Capability.DEVICES) ? faults : Set.of(), volume, operations);
  }

  int slowPerMille(SplittableRandom random) {
    int drawn = Chance.of(random, 0, 0, 2, volume == Volume.LARGE ? 20 : 100);
    // What reads ahead is overtaken only where reading takes its time.
    int perMille = hasStreams ? Math.max(drawn, STREAMS_SLOW_PER_MILLE) : drawn;
    return faults.contains(FaultKind.SLOW) ? perMille : 0;
  }
}
