// SPDX-License-Identifier: Apache-2.0
// Names the factors and lets each be the quotient of two efficiencies, so that their product is
// what was achieved.
#include "attribution/waterfall.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "attribution/library_loss.h"
#include "attribution/stage_series.h"
#include "attribution/waterfall_notes.h"
#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

using Medians = std::span<const double>;

/// What a stage adds to the one before it.
std::string_view addition_of(Stage stage) {
  switch (stage) {
    case Stage::registers:
      return "issue";
    case Stage::shared:
      return "shared memory";
    case Stage::l1:
      return "L1 cache";
    case Stage::l2:
      return "L2 cache";
    case Stage::l3:
      return "L3 cache";
    case Stage::whole_waves:
      return "memory";
    default:
      return "tail";
  }
}

/// The stages that all rounds have, from the registers on; empty without the whole.
std::vector<Stage> chain_of(const std::vector<std::vector<Record>>& rounds) {
  if (rounds.empty()) return {};
  std::vector<Stage> chain;
  for (const Stage stage : stages_inside_out(rounds.front().front().backend)) {
    const bool everywhere = std::all_of(rounds.begin(), rounds.end(), [&](const auto& round) {
      return find_stage(round, stage) != nullptr;
    });
    if (everywhere) chain.push_back(stage);
  }
  if (chain.empty() || chain.back() != Stage::whole) return {};
  return chain;
}

/// "memory"; behind a stage that was not measured, "L3 cache and memory".
std::string name_of_step(const std::vector<Stage>& chain, std::size_t place,
                         std::string_view backend) {
  std::vector<std::string_view> names;
  bool counts = place == 0;
  for (const Stage stage : stages_inside_out(backend)) {
    if (counts) names.push_back(addition_of(stage));
    if (stage == chain[place]) break;
    if (place > 0 && stage == chain[place - 1]) counts = true;
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

/// Builds the steps one by one; each divides what is left.
class Steps {
 public:
  Steps(const StageTable& table, double peak_per_clock)
      : table_(table), peak_per_clock_(peak_per_clock) {}

  void add(std::string name, const FigureOfMedians& figure, std::string note = {}) {
    const Estimate value = table_.figure(figure);
    const double before = left_;
    left_ *= value.value;
    steps_.push_back({{std::move(name), value, std::move(note)}, left_, before - left_});
  }

  /// `measured`: the place whose clock and waits are those of what was delivered.
  void add_clock(std::size_t measured, double reference_hz, std::string note) {
    add(
        "clock",
        [=](Medians medians) { return StageTable::clock_hz(medians, measured) / reference_hz; },
        std::move(note));
  }
  void add_waiting(std::size_t measured) {
    add("waiting for a core", [=](Medians medians) {
      return StageTable::own_time_s(medians, measured) / StageTable::time_s(medians, measured);
    });
  }
  void add_chain(std::string_view backend, bool has_clock) {
    for (std::size_t place = 0; place < table_.chain().size(); ++place) {
      std::string name = name_of_step(table_.chain(), place, backend);
      if (place == 0 && !has_clock) name.insert(0, "clock and ");
      add(std::move(name), [this, place](Medians medians) {
        const double own = table_.flops_per_clock(medians, place);
        const double before =
            place == 0 ? peak_per_clock_ : table_.flops_per_clock(medians, place - 1);
        return own / before;
      });
    }
  }
  void add_launch() {
    const std::size_t whole = table_.chain().size() - 1;
    add("launch", [whole](Medians medians) {
      const double own_s = StageTable::own_time_s(medians, whole);
      return (own_s - StageTable::launch_s(medians)) / own_s;
    });
  }

  [[nodiscard]] std::vector<WaterfallStep> take() { return std::move(steps_); }

 private:
  const StageTable& table_;
  double peak_per_clock_;
  double left_ = 1;
  std::vector<WaterfallStep> steps_;
};

/// FLOP a clock, launches included, of an own time of a place.
double gross_flops_per_clock(const StageTable& table, Medians medians, std::size_t place) {
  return table.flops(place) /
         (StageTable::own_time_s(medians, place) * StageTable::clock_hz(medians, place));
}

/// What is left of the whole where operands come from the host's memory.
void add_transfers(const MeasuredStages& stages, Waterfall& waterfall) {
  constexpr std::pair<Stage, const char*> kTransfers[] = {
      {Stage::transfer_pageable, "host memory, pageable"},
      {Stage::transfer_pinned, "host memory, pinned"},
      {Stage::transfer_overlapped, "host memory, overlap"}};
  for (const auto& [stage, name] : kTransfers) {
    std::vector<StagePair> pairs;
    for (const std::vector<Record>& round : stages.rounds) {
      const Record* const moved = find_stage(round, stage);
      const Record* const whole = find_stage(round, Stage::whole);
      if (moved && whole) pairs.push_back({whole->samples_s, moved->samples_s});
    }
    if (pairs.empty()) continue;
    waterfall.beside.push_back({name, ratio_of_stages(pairs), ""});
  }
}

/// What is left of the whole where other devices work at the same time: of the clock, and the rest.
void add_at_once(const MeasuredStages& stages, Waterfall& waterfall) {
  const std::size_t count = std::min(stages.independent.size(), stages.at_once.size());
  if (count == 0) return;
  std::vector<StagePair> clocks;
  std::vector<StagePair> cycles;
  for (std::size_t i = 0; i < count; ++i) {
    const StageSeries alone = series_of(stages.independent[i]);
    const StageSeries beside = series_of(stages.at_once[i]);
    const auto cycles_of = [](const StageSeries& series) {
      std::vector<double> of_samples = series.times_s;
      for (std::size_t j = 0; j < of_samples.size(); ++j) of_samples[j] *= series.clocks_hz[j];
      return of_samples;
    };
    clocks.push_back({beside.clocks_hz, alone.clocks_hz});
    cycles.push_back({cycles_of(alone), cycles_of(beside)});
  }
  const std::string how_many = fmt::format("{} at once", stages.at_once.front().devices_at_once);
  if (has_clock(stages.independent.front())) {
    waterfall.beside.push_back(
        {how_many + ": clock", ratio_of_stages(clocks), "shared power and cooling"});
  }
  waterfall.beside.push_back(
      {how_many + ": per clock", ratio_of_stages(cycles), "links, host and what else is shared"});
}

double own_time_s(const StageTable& table, std::size_t place) {
  return table.figure([=](Medians medians) { return StageTable::own_time_s(medians, place); })
      .value;
}

double launch_time_s(const StageTable& table) {
  return table.figure([](Medians medians) { return StageTable::launch_s(medians); }).value;
}

}  // namespace

bool leaves_unexplained(const Waterfall& waterfall) {
  const Estimate& value = waterfall.unexplained.value;
  const bool has_interval = !std::isnan(value.interval.low);
  return has_interval && std::abs(value.value - 1) > kUnexplainedAbove &&
         !value.interval.contains(1);
}

bool is_known_well(const Waterfall& waterfall) {
  const Estimate& value = waterfall.unexplained.value;
  return value.interval.relative_half_width(value.value) <= kUnexplainedWithin;
}

std::optional<Waterfall> waterfall_of(const MeasuredStages& stages) {
  std::vector<Stage> chain = chain_of(stages.rounds);
  if (chain.empty()) return std::nullopt;
  const std::string backend = stages.rounds.front().front().backend;
  StageTable table(stages.rounds, std::move(chain));
  const std::size_t whole = table.chain().size() - 1;
  const std::size_t measured = stages.independent.empty() ? whole : table.add(stages.independent);

  Waterfall waterfall;
  waterfall.whole = *find_stage(stages.rounds.back(), Stage::whole);
  waterfall.rounds = static_cast<std::int64_t>(table.rounds());
  const Record& record = waterfall.whole;
  const double reference_hz = reference_clock_hz(record);
  waterfall.peak = record.peak_per_clock * reference_hz;

  Steps steps(table, record.peak_per_clock);
  const bool clock = has_clock(record);
  if (clock) {
    steps.add_clock(measured, reference_hz, format_frequency(median(series_of(record).clocks_hz)));
  }
  if (!record.waited_shares.empty()) steps.add_waiting(measured);
  steps.add_chain(backend, clock);
  if (find_stage(stages.rounds.back(), Stage::launch)) steps.add_launch();
  if (measured != whole) {
    const auto unexplained = [&](Medians medians) {
      return gross_flops_per_clock(table, medians, measured) /
             gross_flops_per_clock(table, medians, whole);
    };
    waterfall.unexplained = {"unexplained", table.figure(unexplained), ""};
    steps.add("unexplained", unexplained);
  }
  waterfall.delivered = table.figure([&](Medians medians) {
    return table.flops(measured) / StageTable::time_s(medians, measured);
  });
  waterfall.eta = table.figure([&](Medians medians) {
    return table.flops(measured) / StageTable::time_s(medians, measured) / waterfall.peak;
  });
  waterfall.own_time_s = own_time_s(table, whole);
  waterfall.launch_s = launch_time_s(table);
  waterfall.steps = steps.take();
  add_transfers(stages, waterfall);
  add_at_once(stages, waterfall);
  add_libraries(stages, waterfall);
  waterfall.notes = notes_of(stages, waterfall);
  return waterfall;
}

}  // namespace derate
