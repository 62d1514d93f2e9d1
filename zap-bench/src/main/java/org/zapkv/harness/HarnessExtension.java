// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.zapkv.harness.report.Summary;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.subject.StoreKinds;

/** Runs the harness for tests with {@link Harnessed}. */
public final class HarnessExtension implements ParameterResolver, BeforeTestExecutionCallback {
  private static final Logger LOGGER = System.getLogger(HarnessExtension.class.getName());
  private static final Namespace NAMESPACE = Namespace.create(HarnessExtension.class);
  private static final String SEED = "zap.harness.seed";
  private static final String SECONDS = "zap.harness.seconds";
  private static final double NANOS_PER_SECOND = 1e9;

  /** For JUnit. */
  public HarnessExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Outcome.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return outcome(context);
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    outcome(context);
  }

  /** Once for each execution of a test: whoever asks first has it run. */
  private static Outcome outcome(ExtensionContext context) {
    ExtensionContext.Store store = context.getStore(NAMESPACE);
    Outcome present = store.get(Outcome.class, Outcome.class);
    if (present != null) {
      return present;
    }
    Harnessed told =
        AnnotationSupport.findAnnotation(context.getElement(), Harnessed.class)
            .orElseThrow(
                () ->
                    new ExtensionConfigurationException(
                        context.getDisplayName() + " is not @Harnessed."));
    Outcome outcome = run(told, name -> context.getConfigurationParameter(name).orElse(""));
    store.put(Outcome.class, outcome);
    return outcome;
  }

  /**
   * Runs.
   *
   * @param told how
   * @param parameters what else was said, by names; empty: nothing
   * @return what came out; not a violation
   * @throws AssertionError if the store did something wrong
   */
  static Outcome run(Harnessed told, Function<String, String> parameters) {
    Harness harness = harness(told, parameters);
    Settings settings = harness.settings();
    LOGGER.log(
        Level.INFO, "{0} with seed {1}", settings.store().title(), Long.toString(settings.seed()));
    Quiet quiet = new Quiet();
    try {
      FinishedRun run = harness.finish();
      if (run.outcome().violation() != null) {
        throw new AssertionError(Summary.of(run.result()));
      }
      return run.outcome();
    } catch (IOException e) {
      throw new AssertionError("The harness itself failed, with seed " + settings.seed(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("The test was interrupted, with seed " + settings.seed(), e);
    } finally {
      quiet.end();
    }
  }

  private static Harness harness(Harnessed told, Function<String, String> parameters) {
    String seconds = parameters.apply(SECONDS);
    double length = seconds.isEmpty() ? told.seconds() : Double.parseDouble(seconds);
    Harness harness =
        Harness.of(StoreKinds.of(told.store().getName()))
            .duration(Duration.ofNanos((long) (length * NANOS_PER_SECOND)))
            .threads(told.threads());
    String seed = parameters.apply(SEED);
    if (!seed.isEmpty()) {
      harness.seed(Long.parseLong(seed));
    } else if (told.seed() != Harnessed.FRESH) {
      harness.seed(told.seed());
    }
    if (told.faults().length > 0) {
      harness.faults(Set.of(told.faults()));
    }
    return told.reports().isEmpty() ? harness : harness.reports(Path.of(told.reports()));
  }
}
