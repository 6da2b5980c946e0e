// SPDX-License-Identifier: Apache-2.0
// Decides whether a change in time is also one in cycles, or is explained by the clock, and writes
// the reason.
#include "regression/compare/verdict_of_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regression/gate/change_text.h"
#include "stats/test_levels.h"

namespace derate::compare {
namespace {

/// "5 and 5 processes"
std::string processes(const UnpairedTest& test, const ComparePlan& plan) {
  return fmt::format("{} and {} {}", test.base_n, test.candidate_n,
                     plan.of_runs ? "runs" : "processes");
}

/// What the spread was taken from, where it was not from each side itself.
std::string basis_text(const UnpairedTest& test, const ComparePlan& plan) {
  if (test.basis == UnpairedBasis::known_sd) return "; the spread is that of " + plan.spread_source;
  if (test.basis != UnpairedBasis::pooled) return "";
  return fmt::format("; the single {} borrows the others' spread",
                     plan.of_runs ? "run" : "process");
}

struct Decision {
  Verdict verdict = Verdict::inconclusive;
  std::string reason;
};

Decision without_basis(const Tested& tested, const ComparePlan& plan) {
  const UnpairedTest& test = tested.time;
  const std::string sides = test.base_n == 1 && test.candidate_n == 1
                                ? (plan.of_runs ? "one run each" : "one process each")
                                : processes(test, plan);
  return {Verdict::inconclusive,
          fmt::format("{}: a difference of {} was seen; what separate {} differ by is not "
                      "known; use derate gate",
                      sides, percent_text(test.change.value), plan.of_runs ? "runs" : "processes")};
}

/// A change that is sure in time: is it the code's?
Decision changed(const Tested& tested, const ComparePlan& plan) {
  const UnpairedTest& time = tested.time;
  const bool slower = time.log_ratio > 0;
  const std::string change = change_text(time.change);
  if (tested.same_code) {
    return {Verdict::environment, fmt::format("{} {}, but both sides ran the same machine code",
                                              change, slower ? "slower" : "faster")};
  }
  const Verdict verdict = slower ? Verdict::regression : Verdict::improvement;
  const std::string found =
      fmt::format("{} over {}, p = {:.1g}{}", change, processes(time, plan),
                  slower ? time.p_slower : time.p_faster, basis_text(time, plan));
  const UnpairedTest& cycles = tested.cycles;
  if (cycles.basis == UnpairedBasis::none) {
    const std::string held[] = {tested.base.held_down(), tested.candidate.held_down()};
    if (held[0].empty() == held[1].empty()) return {verdict, found};
    return {Verdict::environment,
            fmt::format("{}, but the clock was held down on one side only: {}{}", change, held[0],
                        held[1])};
  }
  const double sign = slower ? 1 : -1;
  const bool in_cycles =
      sign * cycles.log_ratio >= std::abs(std::log1p(sign * plan.smallest_effect)) &&
      (slower ? cycles.p_slower : cycles.p_faster) <= kCyclesLevel;
  if (in_cycles)
    return {verdict, fmt::format("{}; in cycles {}", found, change_text(cycles.change))};
  const double clock_p = slower ? tested.clock.p_faster : tested.clock.p_slower;
  const bool large = std::abs(tested.clock.log_ratio) >= kClockShare * std::abs(time.log_ratio);
  if (clock_p < kClockLevel && large) {
    return {Verdict::environment,
            fmt::format("{} in time, but {} in cycles: the clock changed by {}", change,
                        change_text(cycles.change), percent_text(tested.clock.change.value))};
  }
  return {Verdict::inconclusive,
          fmt::format("{} in time, but {} in cycles, and the clock's change of {} does not explain "
                      "the difference",
                      change, change_text(cycles.change), percent_text(tested.clock.change.value))};
}

/// What is sure of these runs is of their code only where runs of the same code were measured to
/// differ by less: a drift of 1 % between two runs made 134 of 150 pairs of them "slower".
Decision of_these_runs(const Tested& tested, const ComparePlan& plan, Decision decision) {
  const bool is_verdict =
      decision.verdict == Verdict::regression || decision.verdict == Verdict::improvement;
  if (!is_verdict || plan.of_runs || plan.pair_spread.contains(tested.name)) return decision;
  return {
      Verdict::inconclusive,
      fmt::format("{} in these runs: {}; what runs of the same code differ by was not measured: "
                  "use derate gate, give several runs a side, or --noise",
                  tested.time.log_ratio > 0 ? "slower" : "faster", decision.reason)};
}

Decision decision_of(const Tested& tested, const ComparePlan& plan) {
  const UnpairedTest& time = tested.time;
  if (time.basis == UnpairedBasis::none) return without_basis(tested, plan);
  const bool slower = tested.slower && time.log_ratio >= std::log1p(plan.smallest_effect);
  const bool faster = tested.faster && time.log_ratio <= std::log1p(-plan.smallest_effect);
  if (slower || faster) return of_these_runs(tested, plan, changed(tested, plan));
  if (time.p_unchanged(plan.equivalence_margin) < kEquivalenceLevel) {
    return {Verdict::unchanged, fmt::format("{} lies within ±{:g} %{}", change_text(time.change),
                                            100 * plan.equivalence_margin, basis_text(time, plan))};
  }
  const std::string seen =
      time.detectable < 1
          ? fmt::format("a slowdown of {:.1f} % would have been found", 100 * time.detectable)
          : "not even a doubled time would surely have been found";
  return {
      Verdict::inconclusive,
      fmt::format("{}: neither shown to lie within ±{:g} % nor sure to be a change; with {} {}{}",
                  change_text(time.change), 100 * plan.equivalence_margin, processes(time, plan),
                  seen, basis_text(time, plan))};
}

}  // namespace

Judgement decide(const Tested& tested, const ComparePlan& plan) {
  const UnpairedTest& time = tested.time;
  const Decision decision = decision_of(tested, plan);
  Judgement judgement;
  judgement.benchmark = tested.name;
  judgement.verdict = decision.verdict;
  judgement.reason = decision.reason;
  judgement.change = time.change;
  judgement.change_cycles = tested.cycles.change;
  judgement.p_slower = time.p_slower;
  judgement.detectable = time.detectable;
  const auto known = plan.pair_spread.find(tested.name);
  if (time.basis == UnpairedBasis::known_sd && known != plan.pair_spread.end()) {
    judgement.pair_sd = known->second.sd;
  }
  judgement.pairs = std::min(time.base_n, time.candidate_n);
  judgement.same_code = tested.same_code;
  judgement.base_s = time.base_s;
  judgement.candidate_s = time.candidate_s;
  judgement.base_wall_s = tested.base.wall_s();
  judgement.candidate_wall_s = tested.candidate.wall_s();
  judgement.amount = tested.candidate.amount();
  judgement.amount_unit = tested.candidate.first().amount_unit;
  return judgement;
}

}  // namespace derate::compare
