// SPDX-License-Identifier: Apache-2.0
// Waterfalls → the factors that a calibration keeps, and what an estimate says of them.
#include "calibration/losses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/waterfall_report.h"

namespace derate {
namespace {

AttributedLoss loss_of(const Record& record, const LossFactor& factor, std::int64_t rounds) {
  return {.workload = record.workload,
          .variant = record.variant,
          .provider = record.provider,
          .precision = record.precision,
          .problem = record.problem,
          .size_class = record.size_class,
          .cache = record.cache,
          .mode = record.mode,
          .rounds = rounds,
          .factor = factor.name,
          .value = factor.value};
}

}  // namespace

void add_losses(std::span<const Waterfall> waterfalls, Calibration& calibration) {
  const auto add = [&](const Record& record, const std::vector<WaterfallStep>& steps,
                       std::int64_t rounds) {
    for (const WaterfallStep& step : steps) {
      if (std::isnan(step.factor.value.value)) continue;
      calibration.losses.push_back(loss_of(record, step.factor, rounds));
    }
  };
  for (const Waterfall& waterfall : waterfalls) {
    if (waterfall.whole.device_id != calibration.device.device_id) continue;
    add(waterfall.whole, waterfall.steps, waterfall.rounds);
    for (const LibraryLoss& library : waterfall.libraries) {
      add(library.record, library.steps, waterfall.rounds);
    }
  }
}

std::string losses_sentence(const Calibration& calibration, std::string_view precision,
                            std::string_view variant) {
  std::vector<std::pair<std::string, double>> lost;  // shares of 2·N·C
  std::string problem;
  double left = 1;
  for (const AttributedLoss& loss : calibration.losses) {
    if (loss.precision != precision || loss.variant != variant) continue;
    if (!problem.empty() && loss.problem != problem) {
      // A larger product stands for more of a plan: the last one counts.
      lost.clear();
      left = 1;
    }
    problem = loss.problem;
    const double after = left * loss.value.value;
    lost.emplace_back(loss.factor, left - after);
    left = after;
  }
  std::stable_sort(lost.begin(), lost.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (const auto& [name, share] : lost) {
    if (share >= 0.005 && parts.size() < 4) {
      parts.push_back(fmt::format("{} {:.0f} %", name, 100 * share));
    }
  }
  if (parts.empty()) return {};
  return fmt::format("lost on the way from 2·N·C, at {} {} {}: {}", variant, precision, problem,
                     fmt::join(parts, ", "));
}

}  // namespace derate
