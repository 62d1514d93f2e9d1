// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.bench.report.Json;

/** A run as JSON, for programs. */
public final class ResultJson {
  private ResultJson() {}

  /**
   * All of a run but the log of a violation.
   *
   * @param result the run
   * @return JSON in some lines
   */
  public static String of(Result result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("store", result.store().title());
    json.put("storeSettings", result.store().settings());
    json.put("promise", result.store().promise());
    json.put("told", result.told());
    json.put("violations", result.problem() == null ? 0 : 1);
    json.put("operations", result.operations());
    json.put("lives", result.lives());
    json.put("openings", result.openings());
    json.put("faults", result.faults());
    json.put("seconds", result.seconds());
    json.put("recoveries", recoveries(result.recoveries()));
    Map<String, Object> events = new LinkedHashMap<>();
    for (Event event : Event.values()) {
      events.put(event.name(), result.coverage().count(event));
    }
    json.put("events", events);
    Map<String, Object> untested = new LinkedHashMap<>();
    result.untested().forEach((event, reason) -> untested.put(event.name(), reason));
    json.put("untested", untested);
    json.put("samples", result.samples().stream().map(ResultJson::sample).toList());
    Result.Problem problem = result.problem();
    if (problem != null) {
      json.put("violation", problem(problem));
    }
    return Json.write(json);
  }

  private static Map<String, Object> recoveries(RecoveryTimes times) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("count", times.count());
    if (times.count() > 0) {
      json.put("medianMillis", times.median());
      json.put("p95Millis", times.ninetyFive());
      json.put("longestMillis", times.longest());
    }
    return json;
  }

  /** In the order seconds, operations, openings, faults: an array takes one line. */
  private static List<Number> sample(Timeline.Sample sample) {
    return List.of(sample.seconds(), sample.operations(), sample.openings(), sample.faults());
  }

  private static Map<String, Object> problem(Result.Problem problem) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("message", problem.message());
    json.put("life", problem.life());
    json.put("segment", problem.segment());
    json.put("step", problem.step());
    json.put("operation", problem.operation());
    if (problem.log() != null) {
      json.put("log", problem.log());
    }
    json.put("again", problem.again());
    return json;
  }
}
