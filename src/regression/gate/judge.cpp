// SPDX-License-Identifier: Apache-2.0
// Stage 2: all benchmarks judged together, so that Holm's bound holds over all of them.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "regression/gate/evidence.h"
#include "regression/gate/power.h"
#include "stats/holm.h"
#include "stats/test_levels.h"

namespace derate {
namespace {

std::span<const TimePair> deciding(const PairSeries& series) {
  return series.confirm.empty() ? series.screen : series.confirm;
}

/// The series of stage 2 that favoured one side in stage 1, by its p-value for that one. A
/// series without stage 1 is suspected by whoever asks.
template <typename PValue>
std::vector<std::size_t> suspects(const GatePlan& plan, std::span<const PairSeries> series,
                                  std::span<const Evidence> evidence, PValue p_value) {
  const double leaning = std::max(kLeaningLevel, plan.screen_alpha);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!evidence[i].confirmed || !evidence[i].unusable.empty()) continue;
    const PairedTest screen = time_test(series[i].screen);
    // Without the condition on the direction there were 42 false alarms in 20,000 gates of recorded
    // processes (0.21 %): neighbouring pairs resemble each other, which a t test does not know.
    if (screen.n == 0 || p_value(screen) < leaning) found.push_back(i);
  }
  return found;
}

/// How many benchmarks share Holm's bound, and which.
struct Family {
  std::size_t size = 0;
  double alpha = 0;
};

/// Stage 1 has chosen the suspects by other noise than stage 2 has, but by the same builds:
/// with several of them each benchmark counts, suspect or not. They get all of the bound, since
/// noise, for which a share is kept, is in their test twice.
Family family_of(const GatePlan& plan, std::span<const Evidence> evidence, std::size_t suspects) {
  const bool chosen_by_builds = std::any_of(
      evidence.begin(), evidence.end(), [](const Evidence& each) { return several(each.builds); });
  if (chosen_by_builds) return {evidence.size(), plan.family_alpha};
  return {suspects, kHolmShare * plan.family_alpha};
}

/// Which of the suspects Holm's test rejects on the fresh pairs.
template <typename PValue>
std::vector<std::size_t> rejected(const GatePlan& plan, std::span<const Evidence> evidence,
                                  std::span<const std::size_t> suspects, PValue p_value) {
  std::vector<double> p_values;
  for (const std::size_t suspect : suspects) p_values.push_back(p_value(evidence[suspect].time));
  const Family family = family_of(plan, evidence, suspects.size());
  p_values.resize(family.size, 1.0);
  const std::vector<bool> holds = holm_rejections(p_values, family.alpha);
  std::vector<std::size_t> found;
  for (std::size_t k = 0; k < suspects.size(); ++k) {
    if (holds[k]) found.push_back(suspects[k]);
  }
  return found;
}

/// Holm's test over stage 2, each direction a family of its own. Returns the size of that of
/// slowdowns.
int test_families(const GatePlan& plan, std::span<const PairSeries> series,
                  std::vector<Evidence>& evidence) {
  const auto above = [](const PairedTest& test) { return test.p_above(); };
  const auto below = [](const PairedTest& test) { return test.p_below(); };
  const std::vector<std::size_t> slower = suspects(plan, series, evidence, above);
  const std::vector<std::size_t> faster = suspects(plan, series, evidence, below);
  for (const std::size_t i : rejected(plan, evidence, slower, above)) evidence[i].slower = true;
  for (const std::size_t i : rejected(plan, evidence, faster, below)) evidence[i].faster = true;
  for (Evidence& each : evidence) {
    if (!each.confirmed || each.slower || each.faster) continue;
    each.alone = above(each.time) < plan.family_alpha || below(each.time) < plan.family_alpha;
  }
  return static_cast<int>(family_of(plan, evidence, slower.size()).size);
}

void fill_figures(Judgement& judgement, const PairSeries& series, const Evidence& evidence) {
  judgement.change = as_change(evidence.time);
  if (evidence.cycles) judgement.change_cycles = as_change(*evidence.cycles);
  judgement.p_slower = evidence.time.p_above();
  judgement.pair_sd = evidence.time.sd;
  std::vector<double> base;
  std::vector<double> candidate;
  for (const TimePair& pair : deciding(series)) {
    base.push_back(pair.base_s);
    candidate.push_back(pair.candidate_s);
  }
  judgement.base_s = median(base);
  judgement.candidate_s = median(candidate);
}

/// Powers by the numbers of pairs in both stages, which are the same for nearly all series.
class Powers {
 public:
  Powers(const GatePlan& plan, int suspects) : plan_(plan), suspects_(std::max(suspects, 1)) {}

  /// The smallest slowdown that would have been found. A series that stage 1 settled would have had
  /// the plan's fresh pairs; one that it did not settle and that has none can show nothing.
  double detectable(const PairSeries& series, bool settled, const Evidence& evidence) {
    if (several(evidence.builds) && (evidence.confirmed || settled)) {
      return detectable_between_builds(plan_, evidence.time, suspects_);
    }
    const auto screen = static_cast<int>(series.screen.size());
    const auto fresh = static_cast<int>(series.confirm.size());
    if (fresh == 0 && !settled) return kUnknown;
    return with(screen > 0 ? screen : plan_.screen_pairs, fresh > 0 ? fresh : plan_.confirm_pairs)
        .detectable(evidence.time.sd);
  }

 private:
  const GatePower& with(int screen_pairs, int confirm_pairs) {
    GatePlan plan = plan_;
    plan.screen_pairs = screen_pairs;
    return powers_.try_emplace({screen_pairs, confirm_pairs}, plan, confirm_pairs, suspects_)
        .first->second;
  }

  const GatePlan& plan_;
  int suspects_;
  std::map<std::pair<int, int>, GatePower> powers_;
};

}  // namespace

Estimate as_change(const PairedTest& test) {
  const Interval log = test.interval(kConfidence);
  return {std::expm1(test.mean), {std::expm1(log.low), std::expm1(log.high), log.confidence}};
}

Evidence evidence_of(const PairSeries& series) {
  Evidence evidence;
  evidence.confirmed = !series.confirm.empty();
  const std::span<const TimePair> pairs = deciding(series);
  if (pairs.empty()) {
    evidence.unusable = "it was not measured";
  } else if (!usable(series.screen) || !usable(series.confirm)) {
    evidence.unusable = "a process gave no time above 0";
  }
  if (!evidence.unusable.empty()) return evidence;
  evidence.builds = builds_of(pairs);
  evidence.time = time_test(pairs);
  if (clocks_known(pairs)) {
    evidence.cycles = test_of(log_cycle_ratios(pairs), pairs);
    evidence.clock = test_of(log_clock_ratios(pairs), pairs);
  }
  return evidence;
}

std::vector<Judgement> judge(const GatePlan& plan, std::span<const PairSeries> series) {
  std::vector<Evidence> evidence;
  for (const PairSeries& one : series) evidence.push_back(evidence_of(one));
  Powers powers(plan, test_families(plan, series, evidence));

  std::vector<Judgement> judgements(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    Judgement& judgement = judgements[i];
    judgement.benchmark = series[i].benchmark;
    judgement.same_code = series[i].same_code;
    judgement.confirmed = evidence[i].confirmed;
    judgement.pairs = static_cast<std::int64_t>(deciding(series[i]).size());
    if (evidence[i].unusable.empty()) {
      fill_figures(judgement, series[i], evidence[i]);
      const bool settled = to_confirm(plan, series.subspan(i, 1)).empty();
      judgement.detectable = powers.detectable(series[i], settled, evidence[i]);
    }
    Decision decision = decide(plan, series[i], evidence[i], judgement.detectable);
    judgement.verdict = decision.verdict;
    judgement.reason = std::move(decision.reason);
  }
  return judgements;
}

}  // namespace derate
