// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.net.URL;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * What is so only of the native memory of JDK 22 and later. All other tests are of both: a build on
 * 17 runs them on the one, a build on 25 on the other.
 */
@Tag("once")
@EnabledForJreRange(min = JRE.JAVA_22)
final class ForeignMemoryTest {
  @Test
  void itIsWhatTheseTestsRunOn() {
    URL source = NativeMemory.class.getResource("NativeMemory.class");
    assertTrue(source.toString().contains("META-INF/versions/22/"), source::toString);
  }

  @Test
  void itHasTheMethodsOfTheOther() throws Exception {
    URL source = NativeMemory.class.getResource("NativeMemory.class");
    String versions = "META-INF/versions/22/";
    Path other = Path.of(new URL(source.toString().replace(versions, "")).toURI());
    assertEquals(methodsOf(other), methodsOf(Path.of(source.toURI())));
  }

  private static Set<String> methodsOf(Path classFile) {
    Set<String> methods = new TreeSet<>();
    new ClassFileImporter()
        .importPath(classFile)
        .get(NativeMemory.class)
        .getMethods()
        .forEach(
            method -> {
              boolean hidden = method.getModifiers().contains(JavaModifier.PRIVATE);
              boolean own = method.getRawReturnType().getName().startsWith("java.lang.foreign");
              if (!hidden && !own) {
                boolean open = method.getModifiers().contains(JavaModifier.PUBLIC);
                methods.add(
                    (open ? "public " : "") + method.getDescriptor() + method.getFullName());
              }
            });
    assertFalse(methods.isEmpty());
    return methods;
  }

  @Test
  void memoryThatWasGivenBackIsAnExceptionAndNoFault() {
    long slabBytes = 1 << 20;
    MappedSlab slab = MappedSlab.map(slabBytes);
    long address = slab.address;
    assertEquals(0, address % 4096);
    NativeMemory.putLong(slab.endAddress() - Long.BYTES, 7);
    assertEquals(7, NativeMemory.getLong(slab.endAddress() - Long.BYTES));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> NativeMemory.getLong(slab.endAddress() - Long.BYTES + 1));
    slab.unmap();
    assertThrows(RuntimeException.class, () -> NativeMemory.getByte(address));
    assertThrows(RuntimeException.class, () -> NativeMemory.putLong(address, 1));
    assertThrows(RuntimeException.class, () -> NativeMemory.view(address, 10));
    assertThrows(RuntimeException.class, () -> XxHash64.ofMemory(address, 100, 0));
    assertThrows(RuntimeException.class, slab::unmap);
  }

  @Test
  void anAddressThatNobodyGaveIsAnException() {
    assertThrows(RuntimeException.class, () -> NativeMemory.getByte(0));
    assertThrows(RuntimeException.class, () -> NativeMemory.getByte(-1));
    assertThrows(RuntimeException.class, () -> NativeMemory.getByte(Long.MIN_VALUE + 77));
  }

  @Test
  void addressesAreUsedAgain() {
    for (int i = 0; i < 200_000; i += 1000) {
      MappedSlab slab = MappedSlab.map(1 << 20);
      assertTrue(slab.address >>> 24 < 1000, "place=" + (slab.address >>> 24));
      slab.unmap();
    }
  }
}
