// SPDX-License-Identifier: Apache-2.0
// Makes a ladder of rates of each stream, from the peak down to what was achieved, and divides
// neighbours.
#include "attribution/stream_waterfall.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "attribution/stream_rounds.h"
#include "derate/aggregate.h"
#include "derate/stage.h"

namespace derate {
namespace {

/// A rate between the peak and what was achieved, in one round: an amount ÷ (time - launch).
struct Rung {
  double amount = 0;
  std::vector<double> times_s;
  std::vector<double> launches_s;
};

/// A rung in every round, the name of the factor that leads down to it, and why it is not there.
struct Level {
  std::string name;
  std::string factor;
  std::vector<Rung> rounds;
  std::string why_none;
};

std::vector<double> constant(double value, std::size_t turns) {
  return std::vector<double>(turns, value);
}

Rung rung_of_rate(double rate, std::size_t turns) {
  return {rate, constant(1, turns), constant(0, turns)};
}

/// The rungs that the rounds of a stream have between them, each round cut to the turns that all
/// its stages have, so that the factors are quotients of the same medians.
class StreamLadder {
 public:
  explicit StreamLadder(const StreamRecords& stream) : stream_(stream) {
    for (const Stage stage : {Stage::whole, Stage::whole_waves, Stage::read, Stage::launch}) {
      const bool measured = std::any_of(stream.rounds.begin(), stream.rounds.end(), [&](auto& at) {
        return right_record(at.second, stage) != nullptr;
      });
      if (measured) stages_.push_back(stage);
    }
    for (const auto& at : stream.rounds) {
      const StreamRound& round = at.second;
      const bool has_all = std::all_of(stages_.begin(), stages_.end(), [&](Stage stage) {
        return right_record(round, stage) != nullptr;
      });
      if (has_all && has(Stage::whole)) rounds_.push_back(&round);
    }
  }

  [[nodiscard]] bool has(Stage stage) const {
    return std::find(stages_.begin(), stages_.end(), stage) != stages_.end();
  }
  [[nodiscard]] std::size_t rounds() const { return rounds_.size(); }
  [[nodiscard]] double peak() const {
    return stream_.first->peak_per_clock * reference_clock_hz(*stream_.first);
  }
  /// The fewest turns of a round.
  [[nodiscard]] std::size_t turns() const {
    std::size_t fewest = rounds_.empty() ? 0 : turns_of_round(*rounds_.front());
    for (const StreamRound* round : rounds_) fewest = std::min(fewest, turns_of_round(*round));
    return fewest;
  }

  /// From the peak down to what was achieved.
  [[nodiscard]] std::vector<Level> levels() const {
    std::vector<Level> all = {peak_level(), clock_level(), stage_level(Stage::read, "refresh"),
                              stage_level(Stage::whole_waves, "turnaround")};
    if (has(Stage::launch)) all.push_back(stage_level(Stage::whole, "tail"));
    all.push_back(achieved_level());
    return all;
  }

 private:
  [[nodiscard]] std::size_t turns_of_round(const StreamRound& round) const {
    std::size_t turns = right_record(round, Stage::whole)->samples_s.size();
    for (const Stage stage : stages_) {
      turns = std::min(turns, right_record(round, stage)->samples_s.size());
    }
    return turns;
  }

  [[nodiscard]] std::vector<double> times_s(const StreamRound& round, Stage stage) const {
    std::vector<double> times = right_record(round, stage)->samples_s;
    times.resize(turns_of_round(round));
    return times;
  }

  [[nodiscard]] std::vector<double> launches_s(const StreamRound& round) const {
    return has(Stage::launch) ? times_s(round, Stage::launch) : constant(0, turns_of_round(round));
  }

  [[nodiscard]] Level peak_level() const {
    Level level{"peak", "", {}, "the memory's peak is not known"};
    if (!(peak() > 0)) return level;
    for (const StreamRound* round : rounds_) {
      level.rounds.push_back(rung_of_rate(peak(), turns_of_round(*round)));
    }
    return level;
  }

  [[nodiscard]] Level clock_level() const {
    Level level{"peak at the memory's clock", "memory_clock", {}, ""};
    if (!(peak() > 0)) return level;
    for (const StreamRound* round : rounds_) {
      const double ratio = right_record(*round, Stage::whole)->memory_clock_ratio;
      if (!(ratio > 0)) {
        return {level.name, level.factor, {}, "the memory's clock was not measured"};
      }
      level.rounds.push_back(rung_of_rate(peak() * ratio, turns_of_round(*round)));
    }
    return level;
  }

  [[nodiscard]] Level stage_level(Stage stage, const std::string& factor) const {
    Level level{std::string(to_string(stage)), factor, {}, why_no_stage(stream_, stage)};
    if (!has(stage)) return level;
    for (const StreamRound* round : rounds_) {
      level.rounds.push_back(
          {right_record(*round, stage)->bytes, times_s(*round, stage), launches_s(*round)});
    }
    return level;
  }

  /// With the launches, whose time the levels above are without, where it was measured.
  [[nodiscard]] Level achieved_level() const {
    Level level = stage_level(Stage::whole, has(Stage::launch) ? "launch" : "tail");
    level.name = "achieved";
    for (Rung& rung : level.rounds) rung.launches_s = constant(0, rung.times_s.size());
    return level;
  }

  const StreamRecords& stream_;
  std::vector<Stage> stages_;  ///< that the factors are made of and some round has
  std::vector<const StreamRound*> rounds_;
};

/// The rate of a level ÷ that of another; with one level its rate itself.
Estimate quotient(const Level& lower, const Level* upper) {
  std::vector<RoundSeries> rounds;
  for (std::size_t i = 0; i < lower.rounds.size(); ++i) {
    RoundSeries& series = rounds.emplace_back();
    for (const Level* level : {&lower, upper}) {
      if (!level) continue;
      const Rung& rung = level->rounds[i];
      series.push_back(constant(rung.amount, rung.times_s.size()));
      series.push_back(rung.times_s);
      series.push_back(rung.launches_s);
    }
  }
  return figure_of_rounds(rounds, [&](std::span<const double> medians) {
    const double rate = medians[0] / (medians[1] - medians[2]);
    return upper ? rate / (medians[3] / (medians[4] - medians[5])) : rate;
  });
}

std::string why_no_interval(const Estimate& value, std::size_t turns) {
  if (std::isnan(value.value)) return "the launches alone take as long as the work";
  if (!std::isnan(value.interval.low)) return "";
  if (turns < kFewestTurns) {
    return fmt::format("no interval: {} samples of each stage, and {} are needed", turns,
                       kFewestTurns);
  }
  return "no interval: the launches alone take about as long as the work";
}

/// A mix that is faster than the pure read says something about the read.
std::string why_above_one(const LossFactor& factor) {
  if (factor.name != "turnaround" || !(factor.value.interval.low > 1)) return "";
  return "above 1: loads of the cores, or a path that carries reads and writes at once, bound the "
         "pure read, and not the memory";
}

/// Divides neighbours among the levels that are known. One that is not known is passed over: the
/// factor below it holds both.
void divide(const StreamLadder& ladder, StreamWaterfall& waterfall) {
  const std::vector<Level> levels = ladder.levels();
  waterfall.achieved = quotient(levels.back(), nullptr);
  const Level* upper = nullptr;
  std::vector<std::string> names;
  std::vector<std::string> reasons;
  const auto known = [](const Level& level) { return !level.rounds.empty(); };
  if (std::count_if(levels.begin(), levels.end(), known) < 2) {
    waterfall.notes.push_back("there is neither a peak nor a stage to divide by");
    return;
  }
  for (const Level& level : levels) {
    if (upper) names.push_back(level.factor);
    if (level.rounds.empty()) {
      if (!level.why_none.empty()) reasons.push_back(level.why_none);
      continue;
    }
    if (upper) {
      LossFactor factor{fmt::format("{}", fmt::join(names, " and ")), quotient(level, upper),
                        fmt::format("{}", fmt::join(reasons, "; "))};
      for (const std::string& remark :
           {why_no_interval(factor.value, ladder.turns()), why_above_one(factor)}) {
        if (!remark.empty()) factor.note += (factor.note.empty() ? "" : "; ") + remark;
      }
      waterfall.factors.push_back(std::move(factor));
    } else {
      waterfall.base = quotient(level, nullptr);
      waterfall.base_name = level.name;
      waterfall.product = quotient(levels.back(), &level);
      if (!reasons.empty()) {
        waterfall.notes.push_back(fmt::format("{}: the factors start from the stage {}",
                                              fmt::join(reasons, "; "), level.name));
      }
    }
    names.clear();
    reasons.clear();
    upper = &level;
  }
}

/// What one stage gains over another: the rates of `better` ÷ those of `worse`.
struct Comparison {
  std::string_view name;
  Stage better;
  Stage worse;
};

constexpr std::array<Comparison, 4> kComparisons = {{
    {"streaming stores", Stage::whole, Stage::write_allocate},
    {"all cores", Stage::whole, Stage::one_core},
    {"huge pages", Stage::huge_pages, Stage::small_pages},
    {"reading", Stage::read, Stage::write},
}};

/// A comparison whose stages some record names; empty for a device that has none of them.
std::optional<LossFactor> compared(const StreamRecords& stream, const Comparison& comparison) {
  std::vector<RoundSeries> rounds;
  std::size_t turns = static_cast<std::size_t>(-1);
  bool asked = false;
  for (const auto& [began, round] : stream.rounds) {
    asked = asked || round.contains(comparison.worse);
    const Record* const better = right_record(round, comparison.better);
    const Record* const worse = right_record(round, comparison.worse);
    if (!better || !worse) continue;
    const std::size_t both = std::min(better->samples_s.size(), worse->samples_s.size());
    turns = std::min(turns, both);
    rounds.push_back(
        {constant(better->bytes / worse->bytes, both), worse->samples_s, better->samples_s});
  }
  if (!asked) return std::nullopt;
  LossFactor ratio{std::string(comparison.name), kNoFigure, ""};
  if (rounds.empty()) {
    for (const Stage stage : {comparison.worse, comparison.better}) {
      if (ratio.note.empty()) ratio.note = why_no_stage(stream, stage);
    }
    if (ratio.note.empty()) ratio.note = "no round has both stages";
    return ratio;
  }
  ratio.value = figure_of_rounds(
      rounds, [](std::span<const double> medians) { return medians[0] * medians[1] / medians[2]; });
  if (std::isnan(ratio.value.interval.low)) ratio.note = why_no_interval(ratio.value, turns);
  return ratio;
}

/// What disturbed samples, with the stages and how many of their rounds it disturbed.
void note_unstable(const StreamRecords& stream, std::vector<std::string>& notes) {
  std::map<std::string, std::map<Stage, int>> by_message;
  for (const auto& [began, round] : stream.rounds) {
    for (const auto& [stage, record] : round) {
      if (parse_outcome(record->outcome) == Outcome::unstable) ++by_message[record->message][stage];
    }
  }
  for (const auto& [message, stages] : by_message) {
    std::vector<std::string> parts;
    for (const auto& [stage, count] : stages) {
      parts.push_back(fmt::format("{} in {}", to_string(stage), count));
    }
    notes.push_back(fmt::format("unstable: {} of {} rounds: {}", fmt::join(parts, ", "),
                                stream.rounds.size(), message));
  }
}

StreamWaterfall waterfall_of(const StreamRecords& stream) {
  StreamWaterfall waterfall;
  waterfall.context = *stream.first;
  const StreamLadder ladder(stream);
  waterfall.peak = ladder.peak();
  waterfall.rounds = static_cast<std::int64_t>(ladder.rounds());
  if (ladder.rounds() > 0) {
    divide(ladder, waterfall);
    if (!ladder.has(Stage::launch) && !waterfall.factors.empty()) {
      waterfall.notes.push_back(why_no_stage(stream, Stage::launch) +
                                ": every rate holds the time of its launches");
    }
  } else {
    waterfall.notes.push_back(ladder.has(Stage::whole)
                                  ? "no round has all the stages that others have"
                                  : "the whole work was not measured: there is nothing to divide");
  }
  if (ladder.rounds() > 0 && ladder.rounds() < stream.rounds.size()) {
    waterfall.notes.push_back(fmt::format("{} of {} rounds lack a stage, and are left out",
                                          stream.rounds.size() - ladder.rounds(),
                                          stream.rounds.size()));
  }
  for (const Comparison& comparison : kComparisons) {
    if (const auto ratio = compared(stream, comparison)) waterfall.comparisons.push_back(*ratio);
  }
  note_unstable(stream, waterfall.notes);
  return waterfall;
}

}  // namespace

std::vector<StreamWaterfall> stream_waterfalls(std::span<const Record> records) {
  std::vector<StreamWaterfall> waterfalls;
  for (const StreamRecords& stream : streams_of(records)) {
    waterfalls.push_back(waterfall_of(stream));
  }
  return waterfalls;
}

}  // namespace derate
