// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.cache.device.testing.PowerRecording.Event;
import org.zapkv.cache.device.testing.PowerRecording.Kind;

/**
 * Walks through a {@link PowerRecording} and gives what its devices may hold if the power is lost
 * at the place reached: what was flushed is there; of what was not, each write, and each sector of
 * it, is there or not, and of writes of the same bytes either may come last. What a flush that has
 * failed should have covered is there or not, too, and stays so. Used by one thread.
 */
public final class PowerCuts {
  private static final int SECTOR_BYTES = 512;

  /** What the loss of power does to the writes of a device that are not flushed. */
  private enum Fate {
    ALL_LOST,
    ALL_KEPT,
    SECTORS,
    WRITES,
    FIRST_ONES,
    ALL_BUT_ONE
  }

  private static final Fate[] FATES = Fate.values();

  private final List<Event> events;
  private final List<DeviceImage> durable = new ArrayList<>();

  /** The numbers of the events of each device that are not flushed. */
  private final List<List<Integer>> pending = new ArrayList<>();

  /** How often each device has been flushed. */
  private final List<Integer> flushes = new ArrayList<>();

  private int position;
  private int leftOutDevice = -1;
  private int leftOutFlush;
  private long points;
  private long kept;
  private long dropped;
  private long torn;
  private long reordered;

  /**
   * Before the first event.
   *
   * @param recording what was done; what is recorded later is not seen
   */
  public PowerCuts(PowerRecording recording) {
    this.events = recording.events();
    for (DeviceImage image : recording.start()) {
      durable.add(image.copy());
      pending.add(new ArrayList<>());
      flushes.add(0);
    }
  }

  /**
   * Walks as if one flush had never been asked for.
   *
   * @param device the index of the device
   * @param flush how many flushes of it are done before that one
   * @return this
   */
  public PowerCuts leaveOut(int device, int flush) {
    leftOutDevice = device;
    leftOutFlush = flush;
    return this;
  }

  /**
   * Goes on by one event.
   *
   * @return false if there is none
   */
  public boolean advance() {
    if (position == events.size()) {
      return false;
    }
    Event event = events.get(position);
    List<Integer> waiting = pending.get(event.device);
    flushes.set(event.device, flushes.get(event.device) + (event.kind == Kind.FLUSHED ? 1 : 0));
    if (event.kind == Kind.WRITE || event.kind == Kind.TRUNCATE) {
      waiting.add(position);
    } else if (event.kind == Kind.FLUSH_FAILED) {
      giveUp(event.device);
    } else if (event.kind == Kind.FLUSHED && !isLeftOut(event.device)) {
      int covered = 0;
      while (covered < waiting.size() && waiting.get(covered) < event.offsetBytes) {
        events.get(waiting.get(covered++)).apply(durable.get(event.device));
      }
      waiting.subList(0, covered).clear();
    }
    position++;
    return true;
  }

  /** What is not flushed now never will be: what becomes of it is decided here. */
  private void giveUp(int device) {
    List<Integer> waiting = pending.get(device);
    if (!waiting.isEmpty()) {
      SplittableRandom random = new SplittableRandom(position);
      surviving(ordered(waiting, random), durable.get(device), random);
      waiting.clear();
    }
  }

  private boolean isLeftOut(int device) {
    return device == leftOutDevice && flushes.get(device) == leftOutFlush + 1;
  }

  /**
   * How far the walk is.
   *
   * @return the number of events before the place reached
   */
  public int position() {
    return position;
  }

  /**
   * How often a device was flushed before the place reached.
   *
   * @param device the index of the device
   * @return the number of flushes, with one that is left out
   */
  public int flushes(int device) {
    return flushes.get(device);
  }

  /**
   * Whether there is more than one thing that the devices may hold.
   *
   * @return true if something is not flushed
   */
  public boolean isOpen() {
    return pending.stream().anyMatch(list -> !list.isEmpty());
  }

  /**
   * How much of a device is not flushed.
   *
   * @param device the index of the device
   * @return a number of writes and truncations
   */
  public int openWrites(int device) {
    return pending.get(device).size();
  }

  /**
   * What the devices hold after a loss of power here.
   *
   * @param random decides on what survives
   * @return an image for each device
   */
  public List<DeviceImage> lose(SplittableRandom random) {
    points++;
    List<DeviceImage> images = new ArrayList<>();
    for (int device = 0; device < durable.size(); device++) {
      DeviceImage image = durable.get(device).copy();
      List<Integer> order = pending.get(device);
      if (!order.isEmpty()) {
        surviving(ordered(order, random), image, random);
      }
      images.add(image);
    }
    return images;
  }

  /**
   * What the devices hold after a crash of the process here: everything, but what is not flushed
   * can still be lost with the power.
   *
   * @return a recording to go on with
   */
  public PowerRecording kill() {
    List<Event> notFlushed = new ArrayList<>();
    for (List<Integer> list : pending) {
      list.forEach(number -> notFlushed.add(events.get(number)));
    }
    return new PowerRecording(durable, notFlushed);
  }

  /** In one of four losses, the writes between two truncations are in another order. */
  private List<Event> ordered(List<Integer> numbers, SplittableRandom random) {
    List<Event> list = new ArrayList<>();
    numbers.forEach(number -> list.add(events.get(number)));
    if (random.nextInt(4) != 0) {
      return list;
    }
    boolean moved = false;
    int first = 0;
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).kind == Kind.TRUNCATE) {
        first = i + 1;
      } else {
        int other = first + random.nextInt(i - first + 1);
        moved |= other != i;
        Collections.swap(list, i, other);
      }
    }
    reordered += moved ? 1 : 0;
    return list;
  }

  private void surviving(List<Event> list, DeviceImage image, SplittableRandom random) {
    Fate fate = FATES[random.nextInt(FATES.length)];
    int chosen = random.nextInt(list.size());
    int eighths = 1 + random.nextInt(7);
    for (int i = 0; i < list.size(); i++) {
      int chance =
          switch (fate) {
            case ALL_LOST -> 0;
            case ALL_KEPT -> 8;
            case SECTORS -> eighths;
            case WRITES -> random.nextInt(8) < eighths ? 8 : 0;
            case FIRST_ONES -> i < chosen ? 8 : i == chosen ? eighths : 0;
            case ALL_BUT_ONE -> i == chosen ? random.nextInt(8) : 8;
          };
      survive(list.get(i), image, chance, random);
    }
  }

  /** Each sector of a write is kept with a chance in eighths. */
  private void survive(Event event, DeviceImage image, int chance, SplittableRandom random) {
    if (event.kind == Kind.TRUNCATE) {
      if (random.nextInt(8) < chance) {
        event.apply(image);
      }
      return;
    }
    byte[] bytes = event.bytes;
    int survived = 0;
    for (int at = 0; at < bytes.length; ) {
      int inSector = (int) ((event.offsetBytes + at) % SECTOR_BYTES);
      int length = Math.min(SECTOR_BYTES - inSector, bytes.length - at);
      if (random.nextInt(8) < chance) {
        image.write(event.offsetBytes + at, bytes, at, length);
        survived += length;
      }
      at += length;
    }
    kept += survived == bytes.length ? 1 : 0;
    dropped += survived == 0 ? 1 : 0;
    torn += survived > 0 && survived < bytes.length ? 1 : 0;
  }

  /**
   * How many writes the losses have torn.
   *
   * @return a number that grows
   */
  public long torn() {
    return torn;
  }

  /**
   * In how many losses writes came in another order.
   *
   * @return a number that grows
   */
  public long reordered() {
    return reordered;
  }

  /**
   * What became of writes in all losses.
   *
   * @return for a report
   */
  public String summary() {
    return "points=%d writes kept=%d dropped=%d torn=%d, reordered in %d"
        .formatted(points, kept, dropped, torn, reordered);
  }
}
