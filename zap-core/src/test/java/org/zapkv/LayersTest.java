// SPDX-License-Identifier: Apache-2.0
package org.zapkv;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.URI;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.object.ImageObject;
import org.zapkv.zap.ZapActivity;
import org.zapkv.zap.ZapLeaf;
import org.zapkv.zap.ZapStatistics;

/** Each layer knows only those below it; what is dangerous or foreign stays in its one place. */
@Tag("once")
class LayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("org.zapkv");

  @Test
  void arrowsPointDownwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("cli")
        .definedBy("org.zapkv.cli..")
        .layer("store")
        .definedBy("org.zapkv.store..")
        .layer("zap")
        .definedBy("org.zapkv.zap..")
        .layer("object")
        .definedBy("org.zapkv.object..")
        .layer("pool")
        .definedBy("org.zapkv.pool..")
        .layer("log")
        .definedBy("org.zapkv.log..")
        .layer("cache")
        .definedBy("org.zapkv.cache")
        .layer("io")
        .definedBy("org.zapkv.cache.io..")
        .layer("memory")
        .definedBy("org.zapkv.cache.memory..")
        .layer("device")
        .definedBy("org.zapkv.cache.device..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("zap")
        .mayOnlyBeAccessedByLayers("store", "cli")
        .whereLayer("object")
        .mayOnlyBeAccessedByLayers("zap", "store", "cli")
        .whereLayer("pool")
        .mayOnlyBeAccessedByLayers("object", "zap", "store", "cli")
        .whereLayer("log")
        .mayOnlyBeAccessedByLayers("pool", "object", "store")
        .whereLayer("cache")
        .mayOnlyBeAccessedByLayers("io", "log", "pool", "object", "zap", "store", "cli")
        .whereLayer("io")
        .mayOnlyBeAccessedByLayers("pool")
        .whereLayer("device")
        .mayOnlyBeAccessedByLayers("io", "log", "pool", "object", "store")
        .whereLayer("memory")
        .mayOnlyBeAccessedByLayers("device", "cache", "log", "pool", "object", "zap")
        .check(CLASSES);
  }

  @Test
  void theZapKnowsOfTheObjectLayerOnlyItsInterface() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.zap..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.zapkv.object.ObjectSet")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.zapkv.object.DataObject")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.zapkv.object.ImageObject")
        .check(CLASSES);
  }

  @Test
  void onlyImagesLetTheCommandLineBelowTheStore() {
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.cli..")
        .and()
        .haveSimpleNameNotStartingWith("Image")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("org.zapkv.zap..", "org.zapkv.object..")
                .and(not(type(ZapStatistics.class)))
                .and(not(type(ZapActivity.class)))
                .and(not(type(ZapLeaf.class))))
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.cli..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.zapkv.object..").and(not(type(ImageObject.class))))
        .check(CLASSES);
  }

  @Test
  void theCommandLinesLibrariesStayInTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..", "me.tongfei..")
        .check(CLASSES);
  }

  @Test
  void metersAreKnownToOnePackageThatNoOtherKnows() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.micrometer")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micrometer..", "org.zapkv.micrometer")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.micrometer")
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.zapkv..")
                .and(
                    not(
                        resideInAnyPackage(
                            "org.zapkv.micrometer",
                            "org.zapkv.store",
                            "org.zapkv.error",
                            "org.zapkv.cache",
                            "org.zapkv.pool",
                            "org.zapkv.zap"))))
        .check(CLASSES);
  }

  @Test
  void theFlightRecorderIsReachedThroughOnePackageThatKnowsNoOther() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.event")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.jfr..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.zapkv.event")
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.zapkv..").and(not(resideInAPackage("org.zapkv.event"))))
        .check(CLASSES);
  }

  @Test
  void nativeMemoryIsReachedThroughOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.cache.memory..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("net.openhft..", "sun.misc..", "java.lang.foreign..")
        .check(CLASSES);
  }

  @Test
  void theLibraryHasNoNetworkCodeAndPrintsNothing() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("java.net..", "javax.net..").and(not(type(URI.class))))
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("org.zapkv.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }
}
