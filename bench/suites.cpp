// SPDX-License-Identifier: Apache-2.0
// The sizes of each suite, and the plan with the times of a round that follow from it.
#include "suites.h"

#include <algorithm>
#include <utility>

#include "derate/aggregate.h"

namespace derate::bench {
namespace {

/// What a launch takes that gets next to nothing out of its device.
double slow_launch_s(const Record& record) {
  const double peak = record.peak_per_clock * reference_clock_hz(record);
  // Where no peak is known, what the slowest machines do.
  const double rate = peak > 0 ? 0.01 * peak : bound_of(record) == Bound::latency ? 1e6 : 1e9;
  return amount_of(record) / rate;
}

void span_quota_periods(Plan& plan) {
  constexpr double kPeriods = 5;
  plan.min_sample_s = std::max(plan.min_sample_s, kPeriods * kQuotaPeriod_s);
  plan.warm_up_s = std::max(plan.warm_up_s, plan.min_sample_s);
  plan.time_limit_s = std::max(plan.time_limit_s, plan.min_samples * plan.min_sample_s);
}

}  // namespace

std::vector<Problem> covered(const Workload& workload, const Device& device, Suite suite) {
  if (suite == Suite::shapes) {
    return workload.shapes ? workload.shapes(device) : std::vector<Problem>{};
  }
  std::vector<Problem> problems = workload.problems(device);
  if (suite == Suite::full && workload.more_problems) {
    for (Problem& problem : workload.more_problems(device)) problems.push_back(std::move(problem));
  }
  if (suite == Suite::sustained && !problems.empty()) {
    const auto less = [&](const Problem& a, const Problem& b) {
      return workload.work(a).amount(workload.bound) < workload.work(b).amount(workload.bound);
    };
    problems = {*std::max_element(problems.begin(), problems.end(), less)};
  }
  return problems;
}

std::optional<std::string> why_not(const Workload& workload, const Problem& problem,
                                   const Device& device) {
  if (workload.unsupported) {
    if (auto reason = workload.unsupported(device)) return reason;
  }
  return workload.refuses ? workload.refuses(problem, device) : std::nullopt;
}

Plan plan_of(Suite suite, std::optional<Mode> mode) {
  const Mode usual = suite == Suite::sustained ? Mode::sustained : Mode::burst;
  Plan plan = derate::plan_of(mode.value_or(usual));
  if (suite == Suite::quick && plan.mode == Mode::burst) plan.time_limit_s = 0.15;
  return plan;
}

Plan plan_for(Plan plan, const Workload& workload, const Device& device, DataPattern data) {
  plan.operands.data = data;
  plan.operands.cache = workload.cache.value_or(plan.operands.cache);
  if (device.compute_units < 1 && workload.bound != Bound::latency) span_quota_periods(plan);
  return plan;
}

Range time_of_a_round_s(const Plan& plan) {
  const double most =
      std::max(plan.warm_up_s, plan.settle_limit_s) + std::max(plan.time_limit_s, plan.min_time_s);
  const double least = plan.warm_up_s + plan.min_samples * plan.min_sample_s;
  return {std::min(least, most), most};
}

double limit_of_a_round_s(const Plan& plan, std::span<const Record> records) {
  constexpr double kTimes = 20;
  double time_s = 0;
  for (const Record& record : records) {
    time_s += time_of_a_round_s(plan).most + slow_launch_s(record);
  }
  return std::max(kShortestLimit_s, kTimes * time_s);
}

}  // namespace derate::bench
