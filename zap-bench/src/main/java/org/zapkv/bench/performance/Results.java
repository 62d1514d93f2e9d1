// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Json;
import org.zapkv.bench.report.Samples;

/** What came out, for programs. */
final class Results {
  private Results() {}

  /** All figures of all rounds, with what they are of. */
  static String json(Map<String, String> head, Run run, List<Targets.Target> targets) {
    Map<String, Object> all = new LinkedHashMap<>(head);
    List<Object> peers = new ArrayList<>();
    for (PeerKind kind : run.peers()) {
      Map<String, Object> peer = new LinkedHashMap<>();
      peer.put("name", kind.name());
      peer.put("title", kind.title());
      peer.put("version", kind.version());
      peer.put("settings", kind.settings());
      peers.add(peer);
    }
    all.put("peers", peers);
    all.put("figures", figures(run.samples()));
    List<Object> reached = new ArrayList<>();
    for (Targets.Target target : targets) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("what", target.what());
      one.put("target", target.text());
      one.put("measured", target.measured());
      one.put("reached", target.reached());
      reached.add(one);
    }
    all.put("targets", reached);
    all.put("failures", run.failures());
    return Json.write(all);
  }

  private static List<Object> figures(Samples samples) {
    List<Object> figures = new ArrayList<>();
    samples
        .asMap()
        .forEach(
            (subject, own) ->
                own.forEach(
                    (figure, values) -> {
                      Map<String, Object> one = new LinkedHashMap<>();
                      one.put("subject", subject);
                      one.put("figure", figure);
                      one.put("median", Samples.median(values.stream().sorted().toList()));
                      one.put("rounds", values);
                      figures.add(one);
                    }));
    return figures;
  }
}
