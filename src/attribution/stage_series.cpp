// SPDX-License-Identifier: Apache-2.0
// Series in the order launch, then time, own time and clock of each place.
#include "attribution/stage_series.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "derate/aggregate.h"

namespace derate {
namespace {

constexpr std::array kOnHost = {Stage::registers, Stage::l1,          Stage::l2,
                                Stage::l3,        Stage::whole_waves, Stage::whole};
constexpr std::array kOnGpu = {Stage::registers, Stage::shared, Stage::whole_waves, Stage::whole};

/// A sample that waited for longer than this share of its time says nothing of the work.
constexpr double kMostWaited = 0.95;

}  // namespace

std::span<const Stage> stages_inside_out(std::string_view backend) {
  if (backend == "host") return kOnHost;
  return kOnGpu;
}

bool has_clock(const Record& record) { return !std::isnan(measured_clock_hz(record)); }

bool is_measured(const Record& record) {
  const Outcome outcome = parse_outcome(record.outcome);
  return !record.samples_s.empty() && outcome <= Outcome::suspect;
}

StageSeries series_of(const Record& record) {
  StageSeries series{
      .times_s = record.samples_s, .own_times_s = record.samples_s, .clocks_hz = record.clocks_hz};
  for (std::size_t i = 0; i < record.waited_shares.size(); ++i) {
    const double share = record.waited_shares[i];
    if (std::isnan(share)) continue;
    series.own_times_s[i] = share < kMostWaited ? series.own_times_s[i] * (1 - share) : kUnknown;
  }
  if (!has_clock(record)) {
    std::fill(series.clocks_hz.begin(), series.clocks_hz.end(), reference_clock_hz(record));
  }
  return series;
}

const Record* find_stage(const std::vector<Record>& round, Stage stage) {
  const auto found = std::find_if(round.begin(), round.end(), [&](const Record& record) {
    return record.stage == to_string(stage) && is_measured(record);
  });
  return found == round.end() ? nullptr : &*found;
}

StageTable::StageTable(std::span<const std::vector<Record>> rounds, std::vector<Stage> chain)
    : chain_(std::move(chain)), rounds_(rounds.size()) {
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    const Record* const launch = find_stage(rounds[round], Stage::launch);
    const Record& whole = *find_stage(rounds[round], Stage::whole);
    rounds_[round].push_back(launch ? series_of(*launch).own_times_s
                                    : std::vector<double>(whole.samples_s.size(), 0.0));
    for (const Stage stage : chain_) append(round, *find_stage(rounds[round], stage));
  }
  for (const Stage stage : chain_) flops_.push_back(find_stage(rounds.front(), stage)->flops);
}

std::size_t StageTable::add(const std::vector<Record>& one_per_round) {
  rounds_.resize(std::min(rounds_.size(), one_per_round.size()));
  for (std::size_t round = 0; round < rounds_.size(); ++round) append(round, one_per_round[round]);
  flops_.push_back(one_per_round.front().flops);
  return flops_.size() - 1;
}

void StageTable::append(std::size_t round, const Record& record) {
  StageSeries series = series_of(record);
  rounds_[round].push_back(std::move(series.times_s));
  rounds_[round].push_back(std::move(series.own_times_s));
  rounds_[round].push_back(std::move(series.clocks_hz));
}

}  // namespace derate
