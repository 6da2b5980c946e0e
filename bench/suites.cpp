// SPDX-License-Identifier: Apache-2.0
// The sizes of each suite, and the plan with the times of a round that follow from it.
#include "suites.h"

#include <algorithm>
#include <utility>

namespace derate::bench {

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

Range time_of_a_round_s(const Plan& plan) {
  const double most =
      std::max(plan.warm_up_s, plan.settle_limit_s) + std::max(plan.time_limit_s, plan.min_time_s);
  const double least = plan.warm_up_s + plan.min_samples * plan.min_sample_s;
  return {std::min(least, most), most};
}

}  // namespace derate::bench
