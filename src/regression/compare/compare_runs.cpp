// SPDX-License-Identifier: Apache-2.0
// Collects each benchmark's processes on both sides, settles what cannot be compared, and judges
// the rest by Welch's t test, with Holm's bound over all of them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numbers>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "record/machine.h"
#include "regression/compare/compare.h"
#include "regression/compare/verdict_of_runs.h"
#include "regression/results/arm.h"
#include "stats/holm.h"

namespace derate {
namespace {

using compare::Tested;
using Processes = std::span<const ProcessReport>;

std::vector<std::string> all_names(Processes base, Processes candidate) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const Processes side : {base, candidate}) {
    for (const ProcessReport& process : side) {
      for (const BenchmarkResult& result : process.results) {
        if (known.insert(result.name()).second) names.push_back(result.name());
      }
    }
  }
  return names;
}

Arm arm_of(const std::string& side, const std::vector<NamedResults>& processes,
           const std::string& name) {
  Arm arm(side, name);
  for (const NamedResults& process : processes) arm.add(process);
  return arm;
}

/// The first size of each benchmark that only the candidate has.
std::map<std::string, std::string> other_sizes(const std::vector<NamedResults>& base,
                                               Processes candidate) {
  std::map<std::string, std::string> sizes;
  for (const ProcessReport& process : candidate) {
    for (const BenchmarkResult& result : process.results) {
      const bool in_base = std::any_of(base.begin(), base.end(), [&](const NamedResults& each) {
        return each.find(result.name()) != nullptr;
      });
      if (!in_base) sizes.try_emplace(result.benchmark, result.problem);
    }
  }
  return sizes;
}

/// Processes of one run in different environments are no run.
std::optional<Settled> uneven(const Arm& arm, const std::string& side) {
  const auto change = arm.change();
  if (!change) return std::nullopt;
  const EnvironmentDifference& fact = change->fact;
  return Settled{
      Verdict::not_comparable,
      fmt::format("the processes of {} differ themselves: {} is {} in one and {} in another", side,
                  fact.name, fact.base, fact.candidate)};
}

/// Runs of two machines, by the rule that a history goes by.
std::optional<Settled> other_machine(const Arm& base, const Arm& candidate) {
  const auto found = machine_differences(base.environment(), candidate.environment());
  if (found.empty()) return std::nullopt;
  const EnvironmentDifference& fact = found.front();
  return Settled{Verdict::not_comparable, fmt::format("{} is {} in base and {} in candidate",
                                                      fact.name, fact.base, fact.candidate)};
}

/// The processes of one kind, and the statistics of all of them.
class Comparing {
 public:
  Comparing(Processes base, Processes candidate, const ComparePlan& plan)
      : base_(base),
        candidate_(candidate),
        named_base_(named(base)),
        named_candidate_(named(candidate)),
        other_sizes_(other_sizes(named_base_, candidate)),
        plan_(plan) {}

  [[nodiscard]] Comparison judged() {
    const std::vector<std::string> names = all_names(base_, candidate_);
    for (const std::string& name : names) sort(name);
    test();
    comparison_.command = "compare";
    comparison_.promise = plan_.promise;
    comparison_.family_error = plan_.family_alpha;
    for (const Tested& each : tested_) comparison_.judgements.push_back(decide(each, plan_));
    sort_like(comparison_.judgements, names);
    comparison_.differences = differences_.take();
    note_runs();
    return std::move(comparison_);
  }

 private:
  void sort(const std::string& name) {
    Tested tested{name,
                  arm_of("base", named_base_, name),
                  arm_of("candidate", named_candidate_, name),
                  {},
                  {},
                  {}};
    if (!tested.base.anywhere()) {
      comparison_.notes.push_back(name + " is new in candidate");
      return;
    }
    if (tested.base.unsupported() && tested.candidate.unsupported()) {
      comparison_.notes.push_back(
          fmt::format("{} is not supported: {}", name, tested.base.first().message));
      return;
    }
    if (tested.candidate.anywhere()) add_differences(tested);
    if (std::optional<Settled> settled = settle(tested)) {
      comparison_.judgements.push_back(judgement_of(name, std::move(*settled)));
      return;
    }
    const std::string hash = tested.base.code_hash();
    tested.same_code = !hash.empty() && hash == tested.candidate.code_hash();
    tested_.push_back(std::move(tested));
  }

  [[nodiscard]] std::optional<Settled> settle(const Tested& tested) const {
    if (!tested.candidate.anywhere()) {
      const auto other = other_sizes_.find(tested.base.first().benchmark);
      if (other != other_sizes_.end() && !other->second.empty()) {
        return Settled{Verdict::not_comparable,
                       "candidate measures another size, " + other->second};
      }
    }
    if (auto settled = tested.base.fault()) return settled;
    if (auto settled = tested.candidate.fault()) return settled;
    if (auto settled = uneven(tested.base, "base")) return settled;
    if (auto settled = uneven(tested.candidate, "candidate")) return settled;
    if (plan_.force) return std::nullopt;
    if (auto settled = other_machine(tested.base, tested.candidate)) return settled;
    return not_comparable(tested.base, tested.candidate);
  }

  void add_differences(const Tested& tested) {
    if (comparison_.environment.facts.empty()) {
      comparison_.environment = tested.base.environment();
    }
    differences_.add(tested.base, tested.candidate);
  }

  void test() {
    std::vector<double> slower;
    std::vector<double> faster;
    for (Tested& each : tested_) {
      UnpairedPlan plan{.alpha = plan_.family_alpha / static_cast<double>(tested_.size()),
                        .power = plan_.power};
      const auto known = plan_.pair_spread.find(each.name);
      if (known != plan_.pair_spread.end()) {
        plan.known_log_sd = known->second.sd / std::numbers::sqrt2;  // a ratio holds two processes
        plan.known_df = known->second.freedom;
      }
      each.time = unpaired_test(each.base.times_s(), each.candidate.times_s(), plan);
      plan.known_log_sd = 0;  // of times, not of cycles or clocks
      plan.power = 0;         // and nobody asks what change in these would be found
      each.cycles = unpaired_test(each.base.cycles(), each.candidate.cycles(), plan);
      each.clock = unpaired_test(each.base.clocks_hz(), each.candidate.clocks_hz(), plan);
      slower.push_back(each.time.p_slower);
      faster.push_back(each.time.p_faster);
    }
    const std::vector<bool> are_slower = holm_rejections(slower, plan_.family_alpha);
    const std::vector<bool> are_faster = holm_rejections(faster, plan_.family_alpha);
    for (std::size_t i = 0; i < tested_.size(); ++i) {
      tested_[i].slower = are_slower[i];
      tested_[i].faster = are_faster[i];
    }
  }

  void note_runs() {
    for (const auto& [side, processes] : {std::pair("base", base_), {"candidate", candidate_}}) {
      std::set<std::string> notes;
      std::size_t bad = 0;
      for (const ProcessReport& process : processes) {
        notes.insert(process.notes.begin(), process.notes.end());
        bad += process.bad.size();
      }
      for (const std::string& note : notes) {
        comparison_.notes.push_back(fmt::format("{}: {}", side, note));
      }
      if (bad > 0) comparison_.notes.push_back(fmt::format("{}: {} lines left out", side, bad));
    }
    comparison_.forced =
        plan_.force && std::any_of(comparison_.differences.begin(), comparison_.differences.end(),
                                   [](const EnvironmentDifference& each) { return each.hard; });
    const bool any_basis = std::any_of(tested_.begin(), tested_.end(), [](const Tested& each) {
      return each.time.basis != UnpairedBasis::none;
    });
    if (any_basis && !plan_.of_runs) {
      comparison_.notes.emplace_back(
          "the runs were made one after the other, so that what drifted between them counts as a "
          "change; derate gate interleaves both builds");
    }
  }

  Processes base_;
  Processes candidate_;
  std::vector<NamedResults> named_base_;
  std::vector<NamedResults> named_candidate_;
  std::map<std::string, std::string> other_sizes_;
  const ComparePlan& plan_;
  std::vector<Tested> tested_;
  Differences differences_;
  Comparison comparison_;
};

}  // namespace

Comparison compare_runs(std::span<const ProcessReport> base,
                        std::span<const ProcessReport> candidate, const ComparePlan& plan) {
  return Comparing(base, candidate, plan).judged();
}

}  // namespace derate
