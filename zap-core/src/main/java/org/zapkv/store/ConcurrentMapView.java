// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link TypedMap#asConcurrentMap} returns. */
final class ConcurrentMapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {
  private final TypedMap<K, V> map;

  ConcurrentMapView(TypedMap<K, V> map) {
    this.map = map;
  }

  /** Null if the object can be no key. */
  private byte @Nullable [] encode(Object key) {
    return map.keys().encodeAny(Objects.requireNonNull(key, "key"));
  }

  @Override
  public int size() {
    return (int) Math.min(map.size(), Integer.MAX_VALUE);
  }

  @Override
  public boolean containsKey(Object key) {
    byte[] bytes = encode(key);
    return bytes != null && map.map().containsKey(bytes);
  }

  @Override
  public boolean containsValue(Object value) {
    return super.containsValue(Objects.requireNonNull(value, "value"));
  }

  @Override
  public @Nullable V get(Object key) {
    byte[] bytes = encode(key);
    return bytes == null ? null : map.getEncoded(bytes);
  }

  @Override
  public @Nullable V put(K key, V value) {
    return map.getAndPut(key, value);
  }

  @Override
  public @Nullable V remove(Object key) {
    byte[] bytes = encode(key);
    return bytes == null ? null : map.getAndRemoveEncoded(bytes);
  }

  @Override
  public boolean remove(Object key, @Nullable Object value) {
    byte[] bytes = encode(key);
    return bytes != null && value != null && map.removeEncoded(bytes, value);
  }

  @Override
  public @Nullable V putIfAbsent(K key, V value) {
    return map.putIfAbsent(key, value);
  }

  @Override
  public @Nullable V replace(K key, V value) {
    return map.getAndReplace(key, value);
  }

  @Override
  public boolean replace(K key, V expected, V value) {
    return map.replace(key, expected, value);
  }

  @Override
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    return map.compute(key, function);
  }

  @Override
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    return map.computeIfAbsent(key, function);
  }

  @Override
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    return map.computeIfPresent(key, function);
  }

  @Override
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    return map.merge(key, value, function);
  }

  @Override
  public Set<K> keySet() {
    return new Keys();
  }

  @Override
  public Set<Entry<K, V>> entrySet() {
    return new Entries();
  }

  private final class Keys extends AbstractSet<K> {
    @Override
    public Iterator<K> iterator() {
      Iterator<Entry<K, V>> entries = new Entries().iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return entries.hasNext();
        }

        @Override
        public K next() {
          return entries.next().getKey();
        }

        @Override
        public void remove() {
          entries.remove();
        }
      };
    }

    @Override
    public int size() {
      return ConcurrentMapView.this.size();
    }

    @Override
    public boolean contains(Object key) {
      return containsKey(key);
    }

    @Override
    public boolean remove(Object key) {
      byte[] bytes = encode(key);
      return bytes != null && map.map().remove(bytes);
    }
  }

  private final class Entries extends AbstractSet<Entry<K, V>> {
    @Override
    public Iterator<Entry<K, V>> iterator() {
      return new EntryIterator<>(map);
    }

    @Override
    public int size() {
      return ConcurrentMapView.this.size();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && entry.getValue() != null
          && entry.getValue().equals(get(entry.getKey()));
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && ConcurrentMapView.this.remove(entry.getKey(), entry.getValue());
    }
  }

  /** Looks one entry ahead, so that whoever is told of an entry gets it. */
  private static final class EntryIterator<K, V> implements Iterator<Entry<K, V>> {
    private final TypedMap<K, V> map;
    private final EntryView view;
    private @Nullable ZapEntry next;
    private byte @Nullable [] lastKey;

    EntryIterator(TypedMap<K, V> map) {
      this.map = map;
      this.view = map.map().view();
      advance();
    }

    private void advance() {
      next = view.next() ? view.toEntry() : null;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Entry<K, V> next() {
      ZapEntry entry = next;
      if (entry == null) {
        throw new NoSuchElementException();
      }
      K key = map.keys().decode(entry.key().clone());
      V value = Objects.requireNonNull(map.values().valueOf(entry));
      lastKey = entry.key();
      advance();
      return new WriteThrough<>(map, key, value);
    }

    @Override
    public void remove() {
      byte[] key = lastKey;
      if (key == null) {
        throw new IllegalStateException("there is no entry to remove: call next first");
      }
      lastKey = null;
      map.map().remove(key);
    }
  }

  /**
   * An entry as it was, which puts what it is set to.
   *
   * @param <K> the key
   * @param <V> the value
   */
  private static final class WriteThrough<K, V> extends SimpleEntry<K, V> {
    private static final long serialVersionUID = 1;

    private final transient TypedMap<K, V> map;

    WriteThrough(TypedMap<K, V> map, K key, V value) {
      super(key, value);
      this.map = map;
    }

    @Override
    public V setValue(V value) {
      map.put(getKey(), value);
      return super.setValue(value);
    }
  }
}
