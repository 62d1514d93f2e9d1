// SPDX-License-Identifier: Apache-2.0
package org.zapkv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The Javadoc that is published has a page for every type of this module that a user can meet. */
@Tag("once")
class ApiPagesTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final String API = "org/zapkv/store/";
  private static final Pattern INCLUDE = Pattern.compile("<include>(org/zapkv/.*?)</include>");

  @Test
  void everyTypeOfASignatureHasAPage() throws Exception {
    String pom = Files.readString(Path.of("pom.xml"));
    Set<String> pages = new TreeSet<>();
    INCLUDE.matcher(pom).results().forEach(result -> pages.add(result.group(1)));
    assertTrue(pages.remove(API + "*.java"), pages::toString);
    Set<String> missing = new TreeSet<>();
    for (Class<?> type : reachable()) {
      String source = outermost(type).getName().replace('.', '/') + ".java";
      if (!source.startsWith(API) && !pages.contains(source)) {
        missing.add(source);
      }
    }
    assertEquals(Set.of(), missing, "not among the <sourceFileIncludes> of zap-core/pom.xml");
  }

  /** The public types of the API, and those of this module that their public members name. */
  private static Set<Class<?>> reachable() throws IOException, ClassNotFoundException {
    Set<Class<?>> seen = new LinkedHashSet<>();
    Deque<Class<?>> todo = new ArrayDeque<>();
    try (Stream<Path> files = Files.list(SOURCES.resolve(API))) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (!name.equals("package-info.java")) {
          add(Class.forName((API + name).replace(".java", "").replace('/', '.')), seen, todo);
        }
      }
    }
    while (!todo.isEmpty()) {
      Class<?> type = todo.remove();
      Arrays.stream(type.getDeclaredClasses()).forEach(inner -> add(inner, seen, todo));
      add(type.getGenericSuperclass(), seen, todo);
      addAll(type.getGenericInterfaces(), seen, todo);
      for (Field field : type.getDeclaredFields()) {
        if (isShown(field)) {
          add(field.getGenericType(), seen, todo);
        }
      }
      Stream<Executable> executables =
          Stream.concat(
              // Those of a super class that is not public are as good as its own.
              Stream.concat(
                  Arrays.stream(type.getDeclaredMethods()), Arrays.stream(type.getMethods())),
              Arrays.stream(type.getDeclaredConstructors()));
      executables.filter(ApiPagesTest::isShown).forEach(shown -> addAll(shown, seen, todo));
    }
    return seen;
  }

  private static boolean isShown(Member member) {
    return !member.isSynthetic()
        && (Modifier.isPublic(member.getModifiers())
            || Modifier.isProtected(member.getModifiers()));
  }

  private static void addAll(Executable shown, Set<Class<?>> seen, Deque<Class<?>> todo) {
    addAll(shown.getGenericParameterTypes(), seen, todo);
    addAll(shown.getGenericExceptionTypes(), seen, todo);
    if (shown instanceof Method method) {
      add(method.getGenericReturnType(), seen, todo);
    }
  }

  private static void addAll(Type[] types, Set<Class<?>> seen, Deque<Class<?>> todo) {
    for (Type type : types) {
      add(type, seen, todo);
    }
  }

  private static void add(Type type, Set<Class<?>> seen, Deque<Class<?>> todo) {
    if (type instanceof ParameterizedType parameterized) {
      add(parameterized.getRawType(), seen, todo);
      addAll(parameterized.getActualTypeArguments(), seen, todo);
    } else if (type instanceof WildcardType wildcard) {
      addAll(wildcard.getUpperBounds(), seen, todo);
      addAll(wildcard.getLowerBounds(), seen, todo);
    } else if (type instanceof GenericArrayType array) {
      add(array.getGenericComponentType(), seen, todo);
    } else if (type instanceof Class<?> raw) {
      Class<?> element = raw.isArray() ? raw.componentType() : raw;
      if (Modifier.isPublic(element.getModifiers()) && isOfThisModule(element)) {
        if (seen.add(element)) {
          todo.add(element);
        }
      }
    }
  }

  private static boolean isOfThisModule(Class<?> type) {
    return Files.exists(SOURCES.resolve(outermost(type).getName().replace('.', '/') + ".java"));
  }

  private static Class<?> outermost(Class<?> type) {
    Class<?> outer = type;
    while (outer.getEnclosingClass() != null) {
      outer = outer.getEnclosingClass();
    }
    return outer;
  }
}
