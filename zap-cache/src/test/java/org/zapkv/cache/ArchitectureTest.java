// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.channels.FileChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
@Tag("once")
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.zapkv");

  @Test
  void memoryKnowsNoLayerAboveIt() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.cache.memory")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.zapkv.cache", "org.zapkv.cache.device", "org.zapkv.cache.io")
        .check(CLASSES);
  }

  @Test
  void devicesKnowMemoryOnly() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.cache.device")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.zapkv.cache", "org.zapkv.cache.io")
        .check(CLASSES);
  }

  @Test
  void theCacheKnowsNoDevice() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.cache")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.zapkv.cache.device", "org.zapkv.cache.io")
        .check(CLASSES);
  }

  @Test
  void errorsKnowNobody() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.error")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.zapkv.cache..")
        .check(CLASSES);
  }

  @Test
  void oneClassKnowsChronicle() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.zapkv.cache.memory.NativeMemory")
        .and()
        .doNotHaveFullyQualifiedName("org.zapkv.cache.memory.NativeMemory$ViewFields")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("net.openhft..", "sun.misc..", "jdk.internal..")
        .check(CLASSES);
  }

  @Test
  void oneClassKnowsCaffeine() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.zapkv.cache.EvictionPolicy")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.github.benmanes..")
        .check(CLASSES);
  }

  @Test
  void channelsAreUsedByDevicesOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.cache.device")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(FileChannel.class)
        .check(CLASSES);
  }

  @Test
  void nothingPrintsAndNothingUsesTheNetwork() {
    noClasses().should().dependOnClassesThat().resideInAPackage("java.net..").check(CLASSES);
    noClasses().should().accessField(System.class, "out").check(CLASSES);
    noClasses().should().accessField(System.class, "err").check(CLASSES);
    noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class).check(CLASSES);
  }

  @Test
  void classesAreFinalAndFieldsAreNotPublic() {
    classes()
        .that()
        .arePublic()
        .and()
        .areNotInterfaces()
        .and()
        .resideInAPackage("org.zapkv.cache..")
        .should()
        .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
        .check(CLASSES);
    fields().that().arePublic().should().beFinal().check(CLASSES);
  }
}
