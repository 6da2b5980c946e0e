// SPDX-License-Identifier: Apache-2.0
// The samples of one round of stages as series that belong together, and the efficiency of a stage
// out of their medians. All figures of a round come from the same turns, so that they multiply
// exactly.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/factor.h"
#include "derate/record.h"
#include "derate/stage.h"

namespace derate {

/// Of a record's samples: the time, without that in which a thread waited for its core, and the
/// clock; the reference clock where none was measured.
struct StageSeries {
  std::vector<double> times_s;
  std::vector<double> own_times_s;
  std::vector<double> clocks_hz;
};
[[nodiscard]] StageSeries series_of(const Record& record);

/// Whether its samples have a clock.
[[nodiscard]] bool has_clock(const Record& record);

/// Whether it holds samples of a right result.
[[nodiscard]] bool is_measured(const Record& record);

/// The stages of a product on "host" or "cuda", from the registers to the whole: each adds
/// something to the one before.
[[nodiscard]] std::span<const Stage> stages_inside_out(std::string_view backend);

/// The record of a stage; null for none.
[[nodiscard]] const Record* find_stage(const std::vector<Record>& round, Stage stage);

/// Series of all rounds, and the places of their medians.
class StageTable {
 public:
  /// `chain`: stages that every round has, from the registers on to the whole.
  StageTable(std::span<const std::vector<Record>> rounds, std::vector<Stage> chain);

  /// Adds the series of one more record for each round, such as of independent measurements;
  /// rounds beyond the shorter of the two are left out. Returns its place.
  std::size_t add(const std::vector<Record>& one_per_round);

  [[nodiscard]] const std::vector<Stage>& chain() const { return chain_; }
  [[nodiscard]] std::size_t rounds() const { return rounds_.size(); }
  [[nodiscard]] Estimate figure(const FigureOfMedians& figure) const {
    return figure_of_rounds(rounds_, figure);
  }

  /// Time, own time and clock of a place, which is one of the chain's or of add(), out of medians.
  [[nodiscard]] static double time_s(std::span<const double> medians, std::size_t place) {
    return medians[1 + 3 * place];
  }
  [[nodiscard]] static double own_time_s(std::span<const double> medians, std::size_t place) {
    return medians[2 + 3 * place];
  }
  [[nodiscard]] static double clock_hz(std::span<const double> medians, std::size_t place) {
    return medians[3 + 3 * place];
  }
  /// Of launches that do nothing; 0 where they were not measured.
  [[nodiscard]] static double launch_s(std::span<const double> medians) { return medians[0]; }

  /// Multiply-adds of a stage, as FLOP a clock, without what the launches took.
  [[nodiscard]] double flops_per_clock(std::span<const double> medians, std::size_t place) const {
    return flops_[place] /
           ((own_time_s(medians, place) - launch_s(medians)) * clock_hz(medians, place));
  }
  [[nodiscard]] double flops(std::size_t place) const { return flops_[place]; }

 private:
  void append(std::size_t round, const Record& record);

  std::vector<Stage> chain_;
  std::vector<RoundSeries> rounds_;
  std::vector<double> flops_;  ///< of each place
};

}  // namespace derate
