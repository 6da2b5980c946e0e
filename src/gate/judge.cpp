// SPDX-License-Identifier: Apache-2.0
// Stage 2: all benchmarks judged together, so that Holm's bound holds over all of them.
#include <algorithm>
#include <cmath>
#include <map>

#include "gate/evidence.h"
#include "gate/holm.h"
#include "gate/levels.h"
#include "gate/power.h"

namespace derate {
namespace {

std::span<const TimePair> deciding(const PairSeries& series) {
  return series.confirm.empty() ? series.screen : series.confirm;
}

/// Holm's test over the series of stage 2, each side a family of its own. Returns their number.
int test_family(const GatePlan& plan, std::vector<Evidence>& evidence) {
  std::vector<std::size_t> members;
  std::vector<double> p_slower;
  std::vector<double> p_faster;
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    if (!evidence[i].confirmed || !evidence[i].unusable.empty()) continue;
    members.push_back(i);
    p_slower.push_back(evidence[i].time.p_above());
    p_faster.push_back(evidence[i].time.p_below());
  }
  const std::vector<bool> slower = holm_rejections(p_slower, plan.family_alpha);
  const std::vector<bool> faster = holm_rejections(p_faster, plan.family_alpha);
  for (std::size_t k = 0; k < members.size(); ++k) {
    evidence[members[k]].slower = slower[k];
    evidence[members[k]].faster = faster[k];
  }
  return static_cast<int>(members.size());
}

/// A mean log ratio as a change: ratio - 1.
Estimate as_change(const PairedTest& test) {
  const Interval log = test.interval(kConfidence);
  return {std::expm1(test.mean), {std::expm1(log.low), std::expm1(log.high), log.confidence}};
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

/// Powers of the plan by the number of fresh pairs, which is the same for nearly all series.
class Powers {
 public:
  Powers(const GatePlan& plan, int suspects) : plan_(plan), suspects_(std::max(suspects, 1)) {}
  const GatePower& with(int confirm_pairs) {
    return powers_.try_emplace(confirm_pairs, plan_, confirm_pairs, suspects_).first->second;
  }

 private:
  const GatePlan& plan_;
  int suspects_;
  std::map<int, GatePower> powers_;
};

}  // namespace

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
  evidence.time = paired_test(log_time_ratios(pairs));
  if (clocks_known(pairs)) {
    evidence.cycles = paired_test(log_cycle_ratios(pairs));
    evidence.clock = paired_test(log_clock_ratios(pairs));
  }
  return evidence;
}

std::vector<Judgement> judge(const GatePlan& plan, std::span<const PairSeries> series) {
  std::vector<Evidence> evidence;
  for (const PairSeries& one : series) evidence.push_back(evidence_of(one));
  Powers powers(plan, test_family(plan, evidence));

  std::vector<Judgement> judgements(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    Judgement& judgement = judgements[i];
    judgement.benchmark = series[i].benchmark;
    judgement.same_code = series[i].same_code;
    judgement.confirmed = evidence[i].confirmed;
    judgement.pairs = static_cast<std::int64_t>(deciding(series[i]).size());
    if (evidence[i].unusable.empty()) {
      fill_figures(judgement, series[i], evidence[i]);
      const auto fresh = static_cast<int>(series[i].confirm.size());
      judgement.detectable =
          powers.with(fresh > 0 ? fresh : plan.confirm_pairs).detectable(judgement.pair_sd);
    }
    Decision decision = decide(plan, series[i], evidence[i], judgement.detectable);
    judgement.verdict = decision.verdict;
    judgement.reason = std::move(decision.reason);
  }
  return judgements;
}

}  // namespace derate
