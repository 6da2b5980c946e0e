// SPDX-License-Identifier: Apache-2.0
// One function for each note; each returns nothing where there is nothing to say.
#include "attribution/waterfall_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "attribution/stage_series.h"
#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

/// Launches that take more of the time than this leave too little to divide.
constexpr double kLaunchesAbove = 0.2;
/// What they would take of a product that is large enough.
constexpr double kLaunchesOfLarge = 0.02;

/// "640 x 640 x 640": the same shape, so large that launches hardly count.
std::string large_enough(const Waterfall& waterfall) {
  const std::optional<Problem> problem = Problem::parse(waterfall.whole.problem);
  if (!problem || !problem->find("m")) return {};
  const double net_s =
      std::max(waterfall.own_time_s - waterfall.launch_s, 0.01 * waterfall.own_time_s);
  const double scale = std::cbrt(waterfall.launch_s / kLaunchesOfLarge / net_s);
  std::vector<std::string> extents;
  for (const auto& [name, extent] : problem->extents()) {
    const double larger = std::ceil(static_cast<double>(extent) * std::max(scale, 1.26) / 64) * 64;
    extents.push_back(fmt::format("{:.0f}", larger));
  }
  return fmt::format("{}", fmt::join(extents, " x "));
}

std::string too_small(const Waterfall& waterfall) {
  const bool launches = waterfall.launch_s > kLaunchesAbove * waterfall.own_time_s;
  if (!launches) return {};
  return fmt::format("too small to be taken apart: launches are {:.0f} % of its time; {} would do",
                     100 * std::min(1.0, waterfall.launch_s / waterfall.own_time_s),
                     large_enough(waterfall));
}

std::string unexplained(const Waterfall& waterfall) {
  if (!leaves_unexplained(waterfall)) return {};
  const double value = 100 * (waterfall.unexplained.value.value - 1);
  return fmt::format(
      "{:+.1f} % are unexplained: the same product, measured alone in processes of "
      "its own, was {} than its factors say",
      value, value > 0 ? "faster" : "slower");
}

std::string not_known(const MeasuredStages& stages, const Waterfall& waterfall) {
  if (!std::isnan(waterfall.delivered.value)) return {};
  return fmt::format(
      "nothing could be taken apart: {} no turn in which every stage had its cores for more than a "
      "twentieth of the time",
      stages.rounds.size() > 1 ? "a round has" : "there is");
}

std::string not_known_well(const MeasuredStages& stages, const Waterfall& waterfall) {
  if (stages.independent.empty()) {
    return "not compared with the same product measured alone: the files hold no such record";
  }
  const Estimate& value = waterfall.unexplained.value;
  if (std::isnan(value.value)) return {};
  if (is_known_well(waterfall)) return {};
  const double half = value.interval.relative_half_width(value.value);
  if (std::isnan(half)) return "too few samples for intervals: more --rounds help";
  return fmt::format(
      "what is unexplained is known to ±{:.1f} % only: more --rounds, a quieter "
      "machine or a larger product help",
      100 * half);
}

std::string no_clock(const Waterfall& waterfall) {
  if (has_clock(waterfall.whole)) return {};
  return "the clock was not measured: clock and issue are one factor, against the specified clock";
}

std::string left_out(const MeasuredStages& stages) {
  if (stages.rounds_left_out == 0) return {};
  return fmt::format("{} of {} rounds are left out: they lack stages that others have",
                     stages.rounds_left_out, stages.rounds_left_out + stages.rounds.size());
}

std::string missing_stages(const MeasuredStages& stages) {
  std::vector<std::string> missing;
  for (const Stage stage : stages_inside_out(stages.rounds.front().front().backend)) {
    const bool everywhere =
        std::all_of(stages.rounds.begin(), stages.rounds.end(),
                    [&](const auto& round) { return find_stage(round, stage) != nullptr; });
    if (!everywhere) missing.emplace_back(to_string(stage));
  }
  if (missing.empty()) return {};
  return fmt::format("without the stage{} {}: the next one holds its factor too",
                     missing.size() > 1 ? "s" : "", fmt::join(missing, ", "));
}

std::string disturbed(const MeasuredStages& stages) {
  double most_others = 0;
  std::size_t unstable = 0;
  std::size_t all = 0;
  for (const std::vector<Record>& round : stages.rounds) {
    for (const Record& record : round) {
      ++all;
      if (!std::isnan(record.others_share))
        most_others = std::max(most_others, record.others_share);
      if (parse_outcome(record.outcome) != Outcome::passed) ++unstable;
    }
  }
  if (most_others > kSharedAbove) {
    return fmt::format("disturbed: other programs had up to {:.0f} % of the device",
                       100 * most_others);
  }
  if (2 * unstable > all) {
    return fmt::format("disturbed: the times of {} of {} samplings vary too much", unstable, all);
  }
  return {};
}

std::string throttled(const MeasuredStages& stages) {
  std::vector<std::string> reasons;
  for (const std::vector<Record>& round : stages.rounds) {
    for (const Record& record : round) {
      if (record.throttle_reasons.empty()) continue;
      if (std::find(reasons.begin(), reasons.end(), record.throttle_reasons) == reasons.end()) {
        reasons.push_back(record.throttle_reasons);
      }
    }
  }
  if (reasons.empty()) return {};
  return fmt::format("the clock was held down by {}", fmt::join(reasons, "; "));
}

}  // namespace

std::vector<std::string> notes_of(const MeasuredStages& stages, const Waterfall& waterfall) {
  std::vector<std::string> notes;
  for (std::string note :
       {not_known(stages, waterfall), too_small(waterfall), unexplained(waterfall),
        not_known_well(stages, waterfall), disturbed(stages), no_clock(waterfall),
        missing_stages(stages), left_out(stages), throttled(stages)}) {
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace derate
