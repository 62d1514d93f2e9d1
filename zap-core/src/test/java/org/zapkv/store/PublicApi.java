// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything public in this package, with an instance of each class that an open store gives out,
 * and arguments that a call can be made with. What is new is found by itself: a class is asked for
 * of the methods that return it, or caught when a callback gets it.
 */
final class PublicApi {
  private static final int ROUNDS = 3;

  private final ZapStore store;

  /** By the class that users see. */
  private final Map<Class<?>, Object> subjects = new LinkedHashMap<>();

  /** Those that were handed to a callback, which is over. */
  private final Map<Class<?>, Object> caught = new ConcurrentHashMap<>();

  /** A method of an object. */
  record Call(Class<?> type, @Nullable Object subject, Method method) {
    String name() {
      return type.getSimpleName() + "." + method.getName();
    }

    /** Throws what the method does. */
    @Nullable Object on(Object... arguments) throws Throwable {
      try {
        return method.invoke(subject, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    @Override
    public String toString() {
      return type.getSimpleName()
          + "."
          + method.getName()
          + Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName).toList();
    }
  }

  PublicApi(ZapStore store) {
    this.store = store;
    ZapMap map = store.map("m");
    map.put("key", "value");
    map.putLong("long", 1);
    subjects.put(ZapStore.class, store);
    subjects.put(ZapMap.class, map);
    subjects.put(ZapStoreBuilder.class, ZapStore.builder());
    subjects.put(MapOptions.class, MapOptions.none());
    subjects.put(MapSplit.class, map.splits(1).get(0));
    for (int i = 0; i < ROUNDS; i++) {
      for (Class<?> type : classes()) {
        for (Call call : List.copyOf(calls())) {
          if (call.method().getReturnType() == type && !subjects.containsKey(type)) {
            make(type, call);
          }
        }
      }
    }
    for (Call call : List.copyOf(calls())) {
      if (Arrays.stream(call.method().getParameterTypes()).anyMatch(PublicApi::isCallback)) {
        attempt(call);
      }
    }
  }

  private void make(Class<?> type, Call call) {
    Object made = attempt(call);
    if (made != null) {
      subjects.put(type, made);
    }
    if (made instanceof MapCursor cursor && !cursor.next()) {
      throw new IllegalStateException("the map is empty");
    }
  }

  private @Nullable Object attempt(Call call) {
    try {
      return call.on(arguments(call.method()));
    } catch (Throwable e) {
      return null; // Another call may give one.
    }
  }

  /** The public classes of this package that are more than a set of figures or names. */
  static List<Class<?>> classes() {
    URI place = URI.create(ZapStore.class.getResource("ZapStore.class").toString());
    try (Stream<Path> files = Files.list(Path.of(place).getParent())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".class") && !file.startsWith("package-info"))
          .<Class<?>>map(file -> named(file.substring(0, file.length() - ".class".length())))
          .filter(PublicApi::isSubject)
          .sorted(Comparator.comparing(Class::getName))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> named(String simpleName) {
    try {
      return Class.forName(ZapStore.class.getPackageName() + "." + simpleName);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isSubject(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && type.getPackage() == ZapStore.class.getPackage()
        && !type.isRecord()
        && !type.isEnum()
        && !type.isInterface()
        && !Throwable.class.isAssignableFrom(type);
  }

  /** Those that no instance was found for: the constructor above has to be told of them. */
  List<Class<?>> missing() {
    return classes().stream()
        .filter(type -> !subjects.containsKey(type) && !caught.containsKey(type))
        .filter(type -> !callsOf(type, null).isEmpty())
        .toList();
  }

  /** Whether a class is only handed to callbacks. */
  boolean isOver(Class<?> type) {
    return !subjects.containsKey(type);
  }

  /** Each public method of each instance. */
  List<Call> calls() {
    return Stream.of(subjects, caught)
        .flatMap(map -> map.entrySet().stream())
        .flatMap(entry -> callsOf(entry.getKey(), entry.getValue()).stream())
        .toList();
  }

  /** Static methods have no instance. */
  static List<Call> staticCalls() {
    return classes().stream()
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(method -> Modifier.isStatic(method.getModifiers()))
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .map(method -> new Call(method.getDeclaringClass(), null, method))
        .toList();
  }

  private static List<Call> callsOf(Class<?> type, @Nullable Object subject) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass().getName().startsWith("org.zapkv."))
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .map(PublicApi::written)
        .distinct()
        .sorted(Comparator.comparing(Method::toString))
        .map(method -> new Call(type, subject, method))
        .toList();
  }

  /** A bridge lacks the annotations of what it leads to. */
  private static Method written(Method method) {
    if (!method.isBridge()) {
      return method;
    }
    for (Class<?> type = method.getDeclaringClass(); type != null; type = type.getSuperclass()) {
      for (Method candidate : type.getDeclaredMethods()) {
        if (!candidate.isBridge()
            && candidate.getName().equals(method.getName())
            && Arrays.equals(candidate.getParameterTypes(), method.getParameterTypes())) {
          return candidate;
        }
      }
    }
    return method;
  }

  /** Arguments that a method can be called with. */
  Object[] arguments(Method method) {
    return Arrays.stream(method.getParameterTypes()).map(this::argument).toArray();
  }

  private static boolean isCallback(Class<?> type) {
    return type.isInterface() && type != Path.class && !CharSequence.class.isAssignableFrom(type);
  }

  private Object argument(Class<?> type) {
    if (subjects.containsKey(type)) {
      return subjects.get(type);
    }
    if (type == long.class || type == Long.class) {
      return 0L;
    } else if (type == int.class || type == Integer.class) {
      return 1;
    } else if (type == boolean.class || type == Boolean.class) {
      return false;
    } else if (type == double.class || type == Double.class) {
      return 0.5;
    } else if (type == byte[].class) {
      return "key".getBytes(StandardCharsets.UTF_8);
    } else if (type == String.class || type == Object.class || type == CharSequence.class) {
      return "key";
    } else if (type == Durability.class) {
      return Durability.NONE;
    } else if (type == ZapEntry.class) {
      return ZapEntry.ofLong(new byte[1], 1);
    } else if (type == Duration.class) {
      return Duration.ofMillis(1);
    } else if (type == ByteBuffer.class) {
      return ByteBuffer.allocate(64);
    } else if (type == Path.class) {
      return Path.of("/nowhere", "at-all");
    } else if (type == InputStream.class) {
      return new ByteArrayInputStream(new byte[1]);
    } else if (type == OutputStream.class) {
      return OutputStream.nullOutputStream();
    } else if (type.isEnum()) {
      return type.getEnumConstants()[0];
    } else if (type.isArray()) {
      return Array.newInstance(type.getComponentType(), 0);
    } else if (type.isInterface()) {
      return callback(type);
    }
    throw new IllegalArgumentException("say what a " + type + " is to be in PublicApi.argument");
  }

  /** Something that catches what it is given, and gives what it has to. */
  private Object callback(Class<?> type) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          for (Object argument : arguments == null ? new Object[0] : arguments) {
            if (argument != null && isSubject(argument.getClass())) {
              caught.putIfAbsent(argument.getClass(), argument);
            }
          }
          return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            case "toString" -> type.getSimpleName();
            default ->
                method.getReturnType() == void.class ? null : argument(method.getReturnType());
          };
        });
  }

  /** What the store has, to be compared. */
  Map<String, Map<String, ZapEntry>> content() {
    Map<String, Map<String, ZapEntry>> content = new LinkedHashMap<>();
    for (String name : store.mapNames()) {
      Map<String, ZapEntry> entries = new LinkedHashMap<>();
      store.map(name).forEach(entry -> entries.put(entry.keyString(), entry));
      content.put(name, entries);
    }
    return content;
  }
}
