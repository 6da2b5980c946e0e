// SPDX-License-Identifier: Apache-2.0
// From one benchmark's evidence to its verdict, and the sentence that says why.
#include <fmt/format.h>

#include <cmath>

#include "regression/gate/change_text.h"
#include "regression/gate/evidence.h"
#include "stats/test_levels.h"

namespace derate {
namespace {

std::string detectable_text(double detectable) {
  if (std::isnan(detectable)) return "no slowdown could have been found";
  return fmt::format("a slowdown of {:.1f} % would have been found", 100 * detectable);
}

/// Evidence seen from one direction: +1 asks for a slowdown, -1 for a speedup.
class Direction {
 public:
  Direction(const GatePlan& plan, double sign) : sign_(sign) {
    smallest_ = std::abs(std::log1p(sign * plan.smallest_effect));
  }
  [[nodiscard]] double p(const PairedTest& test) const {
    return sign_ > 0 ? test.p_above() : test.p_below();
  }
  [[nodiscard]] bool large(const PairedTest& test) const { return sign_ * test.mean >= smallest_; }
  [[nodiscard]] bool holds_in_cycles(const PairedTest& cycles) const {
    return large(cycles) && p(cycles) <= kCyclesLevel;
  }
  /// A lower clock explains a slowdown, a higher one a speedup.
  [[nodiscard]] bool explained_by(const PairedTest& clock, const PairedTest& time) const {
    return (sign_ > 0 ? clock.p_below() : clock.p_above()) < kClockLevel &&
           std::abs(clock.mean) >= kClockShare * std::abs(time.mean);
  }
  [[nodiscard]] Verdict verdict() const {
    return sign_ > 0 ? Verdict::regression : Verdict::improvement;
  }
  [[nodiscard]] std::string_view word() const { return sign_ > 0 ? "slower" : "faster"; }

 private:
  double sign_;
  double smallest_;
};

/// "20 fresh pairs", or "20 fresh pairs of 5 builds against 5".
std::string pairs_text(const Evidence& evidence) {
  const BuildCounts& builds = evidence.builds;
  if (!several(builds)) return fmt::format("{} fresh pairs", evidence.time.n);
  return fmt::format("{} fresh pairs of {} build{} against {}", evidence.time.n, builds.candidate,
                     builds.candidate == 1 ? "" : "s", builds.base);
}

Decision decide_change(const PairSeries& series, const Evidence& evidence,
                       const Direction& direction) {
  const std::string change = change_text(as_change(evidence.time));
  if (series.same_code) {
    return {Verdict::environment, fmt::format("{} {}, but both sides ran the same machine code",
                                              change, direction.word())};
  }
  const std::string found = fmt::format("{} over {}, p = {:.1g}", change, pairs_text(evidence),
                                        direction.p(evidence.time));
  if (!evidence.cycles) return {direction.verdict(), found};
  const std::string cycles = change_text(as_change(*evidence.cycles));
  if (direction.holds_in_cycles(*evidence.cycles)) {
    return {direction.verdict(), fmt::format("{}; in cycles {}", found, cycles)};
  }
  if (direction.explained_by(*evidence.clock, evidence.time)) {
    return {Verdict::environment,
            fmt::format("{} in time, but {} in cycles: the clock changed by {}", change, cycles,
                        percent_text(std::expm1(evidence.clock->mean)))};
  }
  return {Verdict::inconclusive,
          fmt::format("{} in time, but {} in cycles, and the clock's change of {} does not "
                      "explain the difference",
                      change, cycles, percent_text(std::expm1(evidence.clock->mean)))};
}

Decision decide_rest(const GatePlan& plan, const Evidence& evidence, double detectable) {
  const double margin = plan.equivalence_margin;
  const std::string change = change_text(as_change(evidence.time));
  if (evidence.time.p_within(std::log1p(-margin), std::log1p(margin)) < kEquivalenceLevel) {
    return {Verdict::unchanged, fmt::format("{} lies within ±{:g} %", change, 100 * margin)};
  }
  if (evidence.time.n < 3) {
    return {Verdict::inconclusive,
            fmt::format("{}: {} pairs are too few for any test", change, evidence.time.n)};
  }
  if (evidence.alone) {
    return {Verdict::inconclusive,
            fmt::format("{} over {} fresh pairs, which stage 1 or the number of suspects does not "
                        "bear out: run again",
                        change, evidence.time.n)};
  }
  if (!evidence.confirmed) {
    return {
        Verdict::inconclusive,
        fmt::format("{}: not shown to lie within ±{:g} %, and there are no fresh pairs, without "
                    "which no change is found",
                    change, 100 * margin)};
  }
  if (evidence.slower || evidence.faster) {
    return {
        Verdict::inconclusive,
        fmt::format("{}: a change, but neither shown to be one of {:g} % nor to lie within ±{:g} %",
                    change, 100 * plan.smallest_effect, 100 * margin)};
  }
  // Found with the plan's power had it been there, and beyond the interval besides.
  if (detectable <= plan.promise && as_change(evidence.time).interval.high < plan.promise) {
    return {Verdict::unchanged, fmt::format("{} lies below {:g} %, of which {}", change,
                                            100 * plan.promise, detectable_text(detectable))};
  }
  return {Verdict::inconclusive,
          fmt::format("{}: neither shown to lie within ±{:g} % nor sure to be a change; {}", change,
                      100 * margin, detectable_text(detectable))};
}

}  // namespace

Decision decide(const GatePlan& plan, const PairSeries& series, const Evidence& evidence,
                double detectable) {
  if (!evidence.unusable.empty()) return {Verdict::invalid, evidence.unusable};
  const Direction slower(plan, 1);
  const Direction faster(plan, -1);
  if (evidence.slower && slower.large(evidence.time)) {
    return decide_change(series, evidence, slower);
  }
  if (evidence.faster && faster.large(evidence.time)) {
    return decide_change(series, evidence, faster);
  }
  return decide_rest(plan, evidence, detectable);
}

}  // namespace derate
