// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.Objects;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.BufferStateException;

/**
 * What is attached to a buffer by the layer above: its user, and the memory that this one takes.
 * The user and its bytes are written under the mutex, and nothing is called out of the cache there.
 */
abstract sealed class BufferAttachment extends BufferContent permits Buffer {
  /** Written under mutex, read without. */
  private volatile @Nullable BufferUser user;

  /** Written under mutex; the policy reads it without and may see an old weight. */
  private volatile long userBytes;

  BufferAttachment(
      BufferCache cache,
      BufferKey key,
      int sizeBytes,
      long address,
      BufferState state,
      @Nullable Thread loader) {
    super(cache, key, sizeBytes, address, state, loader);
  }

  /**
   * The attached user.
   *
   * @return the user, or null
   */
  public @Nullable BufferUser user() {
    return user;
  }

  /**
   * Attaches a user unless there is one.
   *
   * @param newUser the user
   * @return null: it is attached; else the one that is, and nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser setUser(BufferUser newUser) {
    return setUser(newUser, false);
  }

  /**
   * Attaches a user unless there is one, as {@link #setUser} does; this one goes with the last
   * release, also when the buffer stays because it is dirty.
   *
   * @param newUser the user
   * @return null: it is attached; else the one that is, and nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser setUserImmediateEvict(BufferUser newUser) {
    return setUser(newUser, true);
  }

  private @Nullable BufferUser setUser(BufferUser newUser, boolean evictEarly) {
    Objects.requireNonNull(newUser, "newUser");
    checkHeldAndCached("setUser");
    mutex.lock();
    try {
      BufferUser present = user;
      if (present == null) {
        setFlag(StateWord.EVICT_USER_EARLY, evictEarly);
        user = newUser;
      } else {
        cache.counters().userReuses.increment();
      }
      return present;
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Puts one user in the place of another. The old one gets no callback; its bytes are no longer
   * counted.
   *
   * @param oldUser who must be attached now, compared by identity; null: nobody
   * @param newUser who is attached then; null: nobody
   * @return {@code oldUser} if it was the one and was replaced; else the one that is attached, and
   *     nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser replaceUser(
      @Nullable BufferUser oldUser, @Nullable BufferUser newUser) {
    checkHeldAndCached("replaceUser");
    long returned = 0;
    BufferUser present;
    mutex.lock();
    try {
      present = user;
      if (present == oldUser) {
        returned = userBytes;
        userBytes = 0;
        setFlag(StateWord.EVICT_USER_EARLY, false);
        user = newUser;
      }
    } finally {
      mutex.unlock();
    }
    uncountUser(returned);
    return present;
  }

  /**
   * Detaches a user without a callback.
   *
   * @param oldUser who must be attached now, compared by identity
   * @return {@code oldUser} if it was; else the one that is attached, or null, and nothing has
   *     changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser removeUser(BufferUser oldUser) {
    return replaceUser(oldUser, null);
  }

  /**
   * Counts the memory of the attached user against the cache's budget and into the buffer's weight.
   * May evict other buffers, and wait, as {@link BufferCache#hold} does.
   *
   * @param bytes what the user takes now, in bytes; replaces what was said before
   * @throws BufferStateException if the buffer is not held or not cached, or has no user
   * @throws org.zapkv.error.CacheFullException if there is no room; what was said before stays
   * @throws IllegalArgumentException if it is negative
   */
  public void userSizeBytes(long bytes) {
    checkHeldAndCached("userSizeBytes");
    countUser(
        bytes,
        true,
        more -> {
          cache.memory().claim(more, cache.evictor());
          return true;
        });
  }

  /**
   * As {@link #userSizeBytes}, but never waits, and writes nothing out.
   *
   * @param bytes what the user takes now, in bytes
   * @param mayEvict whether clean blocks may be evicted to have room
   * @return false if there is no room, or the buffer is not cached, or has no user; what was said
   *     before stays
   * @throws IllegalArgumentException if it is negative
   */
  public boolean tryUserSizeBytes(long bytes, boolean mayEvict) {
    CacheMemory memory = cache.memory();
    return isHeldAndCached()
        && countUser(
            bytes, false, more -> memory.claimNow(more, mayEvict ? cache.evictor() : null));
  }

  private boolean countUser(long bytes, boolean mustHaveUser, LongPredicate claim) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes=" + bytes + " is negative");
    }
    while (true) {
      long before;
      mutex.lock();
      try {
        before = userBytes;
        if (user == null && !mustHaveUser) {
          return false;
        }
        if (user == null) {
          throw illegal("userSizeBytes", "a user");
        }
        if (bytes <= before) {
          userBytes = bytes;
        }
      } finally {
        mutex.unlock();
      }
      long more = bytes - before;
      if (more < 0) {
        uncountUser(-more);
      } else if (!claim.test(more)) {
        return false;
      }
      if (more <= 0 || growUser(before, more)) {
        break;
      }
    }
    cache.evictor().weightChanged(self());
    return true;
  }

  /** Counts what the user takes more and was claimed; false: the number has changed meanwhile. */
  private boolean growUser(long before, long more) {
    cache.counters().userBytes.add(more);
    boolean counted;
    mutex.lock();
    try {
      counted = user != null && userBytes == before;
      if (counted) {
        userBytes = before + more;
      }
    } finally {
      mutex.unlock();
    }
    if (!counted) {
      uncountUser(more);
    }
    return counted;
  }

  /** In EVICTING. The user's callbacks are the caller's to run. */
  @Nullable BufferUser detachUser() {
    BufferUser detached;
    long returned;
    mutex.lock();
    try {
      detached = user;
      returned = userBytes;
      userBytes = 0;
      user = null;
      setFlag(StateWord.EVICT_USER_EARLY, false);
    } finally {
      mutex.unlock();
    }
    uncountUser(returned);
    return detached;
  }

  int weightBytes() {
    return (int) Math.min(Integer.MAX_VALUE, blockBytes() + userBytes);
  }

  private void uncountUser(long bytes) {
    if (bytes > 0) {
      cache.counters().userBytes.add(-bytes);
      cache.memory().unclaim(bytes);
    }
  }

  void checkHeldAndCached(String what) {
    if (!isHeldAndCached()) {
      throw illegal(what, "a hold and state=CACHED");
    }
  }

  private boolean isHeldAndCached() {
    long now = word();
    return StateWord.isCached(now) && StateWord.holds(now) > 0;
  }

  BufferStateException illegal(String what, String needed) {
    return new BufferStateException(this + ": " + what + " needs " + needed);
  }
}
