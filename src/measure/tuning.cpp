// SPDX-License-Identifier: Apache-2.0
// Finds the entry of a device and the nearest tuned problem, by squared log2 ratios of the extents.
// Another configuration replaces the usual one only if its lead's prediction interval excludes 1.
#include "measure/tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "derate/statistics.h"
#include "derate/work.h"

namespace derate {
namespace {

auto product_of(const TunedDevice& tuned) {
  return std::tie(tuned.backend, tuned.device_name, tuned.device_architecture, tuned.compute_units,
                  tuned.last_level_cache_bytes);
}

auto build_of(const TunedDevice& tuned) {
  return std::tie(tuned.tool_version, tuned.tool_commit, tuned.build_type);
}

auto name_of(const TunedProblem& problem) {
  return std::tie(problem.workload, problem.variant, problem.precision, problem.size_class);
}

std::string described_device(const TunedDevice& tuned) {
  return fmt::format(
      "{} ({}, {} units, {:.1f} MiB of last-level cache)", tuned.device_name,
      tuned.device_architecture.empty() ? "unknown architecture" : tuned.device_architecture,
      tuned.compute_units, static_cast<double>(tuned.last_level_cache_bytes) / (1 << 20));
}

std::string described_build(const TunedDevice& tuned) {
  return fmt::format("derate {} ({}, {})", tuned.tool_version, tuned.tool_commit, tuned.build_type);
}

/// Sum of the squares of the binary logarithms of the ratios; infinite for extents of other names.
double distance(const Problem& a, const Problem& b) {
  if (a.extents().size() != b.extents().size()) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const auto& [name, extent] : a.extents()) {
    const std::optional<std::int64_t> other = b.find(name);
    if (!other) return std::numeric_limits<double>::infinity();
    sum += std::pow(std::log2(static_cast<double>(extent) / static_cast<double>(*other)), 2);
  }
  return sum;
}

/// How many times as fast as `usual`, round by round, so that what moved with time cancels out.
std::vector<double> leads(const TimedConfiguration& usual, const TimedConfiguration& other) {
  std::vector<double> ratios;
  const std::size_t rounds = std::min(usual.times_s.size(), other.times_s.size());
  for (std::size_t i = 0; i < rounds; ++i) {
    ratios.push_back(usual.times_s[i] / other.times_s[i]);
  }
  return ratios;
}

}  // namespace

TunedDevice blank_tuning(const Device& device, const BuildInfo& build) {
  return {.backend = device.backend,
          .device_name = device.name,
          .device_architecture = device.architecture,
          // A share of a core takes what a core does: its code and its caches are the same.
          .compute_units = std::max(1LL, std::llround(device.compute_units)),
          .last_level_cache_bytes = static_cast<std::int64_t>(device.last_level_cache_bytes),
          .tool_version = build.version,
          .tool_commit = build.commit,
          .build_type = build.build_type,
          .time_utc = "",
          .problems = {}};
}

TuningFor tuning_for(const Tuning& tuning, const Device& device, const BuildInfo& build) {
  const TunedDevice own = blank_tuning(device, build);
  std::string why_not = "holds nothing";
  bool is_product = false;
  for (const TunedDevice& tuned : tuning.devices) {
    if (product_of(tuned) == product_of(own)) {
      if (build_of(tuned) == build_of(own)) return {&tuned, ""};
      why_not = fmt::format("is of {}, this is {}", described_build(tuned), described_build(own));
      is_product = true;
    } else if (!is_product) {
      why_not = fmt::format("is of {}, this is {}", described_device(tuned), described_device(own));
    }
  }
  return {nullptr, why_not};
}

const TunedProblem* nearest(const TunedDevice& tuned, const TunedProblem& wanted) {
  const std::optional<Problem> size = Problem::parse(wanted.problem);
  const TunedProblem* found = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const TunedProblem& problem : tuned.problems) {
    if (name_of(problem) != name_of(wanted)) continue;
    const std::optional<Problem> other = Problem::parse(problem.problem);
    if (!size || !other) continue;
    const double away = distance(*other, *size);
    if (away < least) {
      least = away;
      found = &problem;
    }
  }
  return found;
}

void merge(const TunedDevice& tuned, Tuning& tuning) {
  const auto same = std::find_if(
      tuning.devices.begin(), tuning.devices.end(),
      [&](const TunedDevice& other) { return product_of(other) == product_of(tuned); });
  if (same == tuning.devices.end()) {
    tuning.devices.push_back(tuned);
    return;
  }
  TunedDevice merged = tuned;
  if (build_of(*same) == build_of(tuned)) {
    for (const TunedProblem& old : same->problems) {
      const bool replaced =
          std::any_of(tuned.problems.begin(), tuned.problems.end(), [&](const TunedProblem& fresh) {
            return name_of(old) == name_of(fresh) && old.problem == fresh.problem;
          });
      if (!replaced) merged.problems.push_back(old);
    }
  }
  *same = std::move(merged);
}

std::string best_configuration(std::span<const TimedConfiguration> timed, std::string_view usual) {
  const TimedConfiguration* standard = nullptr;
  std::vector<std::pair<double, const TimedConfiguration*>> by_time;
  for (const TimedConfiguration& each : timed) {
    if (each.times_s.empty()) continue;
    by_time.emplace_back(median(each.times_s), &each);
    if (each.name == usual) standard = &each;
  }
  if (by_time.empty()) return "";
  std::sort(by_time.begin(), by_time.end());
  if (standard == nullptr) return by_time.front().second->name;
  for (const auto& [time_s, each] : by_time) {
    if (each == standard) break;
    const std::vector<double> ratios = leads(*standard, *each);
    const bool enough = ratios.size() >= 3;  // for an interval of the next one
    if (enough && combine_rounds(ratios, {}).interval.low > 1) return each->name;
  }
  return standard->name;
}

std::optional<std::filesystem::path> usual_tuning_path() {
  const std::filesystem::path own = std::filesystem::path("derate") / "tuning.json";
  // The XDG base directory specification has relative paths ignored.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return cache / own;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::filesystem::path(home) / ".cache" / own;
  }
  return std::nullopt;
}

}  // namespace derate
