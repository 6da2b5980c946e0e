// SPDX-License-Identifier: Apache-2.0
// The columns: key for machines, heading for people, meaning for the documentation, value and text.
#include "regression/reporters/columns.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.h"
#include "regression/reporters/reporters.h"

namespace derate::outputs {
namespace {

using C = Column<Judgement>;

const std::array kColumns = {
    C{"benchmark", "benchmark", "its name, with the problem",
      [](const Judgement& j) -> Value { return std::string_view(j.benchmark); }},
    C{"verdict", "",
      "regression, improvement, unchanged, inconclusive, environment, invalid, not_comparable or "
      "collecting",
      [](const Judgement& j) -> Value { return verdict_word(j.verdict); },
      [](const Judgement& j) { return std::string(to_string(j.verdict)); }},
    C{"change", "change [95 % interval]",
      "in time, candidate ÷ base − 1: 0.02 is 2 % slower; for people with its interval",
      [](const Judgement& j) -> Value { return j.change.value; },
      [](const Judgement& j) { return change_text(j.change); }},
    C{"change_low", "", "lower end of its 95 % interval",
      [](const Judgement& j) -> Value { return j.change.interval.low; }},
    C{"change_high", "", "upper end",
      [](const Judgement& j) -> Value { return j.change.interval.high; }},
    C{"change_cycles", "", "the same in clock cycles, time × clock",
      [](const Judgement& j) -> Value { return j.change_cycles.value; },
      [](const Judgement& j) {
        return change_text({j.change_cycles.value, {kUnknown, kUnknown, 0}});
      }},
    C{"change_cycles_low", "", "lower end of its 95 % interval",
      [](const Judgement& j) -> Value { return j.change_cycles.interval.low; }},
    C{"change_cycles_high", "", "upper end",
      [](const Judgement& j) -> Value { return j.change_cycles.interval.high; }},
    C{"base_s", "base", "median time of one launch or iteration of the base [s]",
      [](const Judgement& j) -> Value { return j.base_s; },
      [](const Judgement& j) { return format_time(j.base_s); }},
    C{"candidate_s", "candidate", "and of the candidate [s]",
      [](const Judgement& j) -> Value { return j.candidate_s; },
      [](const Judgement& j) { return format_time(j.candidate_s); }},
    C{"base_wall_s", "", "median wall time of the base, where base_s is CPU time [s]",
      [](const Judgement& j) -> Value { return j.base_wall_s; },
      [](const Judgement& j) { return format_time(j.base_wall_s); }},
    C{"candidate_wall_s", "", "and of the candidate [s]",
      [](const Judgement& j) -> Value { return j.candidate_wall_s; },
      [](const Judgement& j) { return format_time(j.candidate_wall_s); }},
    C{"detectable", "detectable",
      "smallest slowdown that would have been found, 0.01 is 1 %; what is inconclusive may have "
      "slowed down by less",
      [](const Judgement& j) -> Value { return j.detectable; },
      [](const Judgement& j) {
        return j.detectable > 1 ? std::string("> 100 %") : format_percent(j.detectable);
      }},
    C{"p_slower", "", "one-sided p-value of being slower, at the stage that decided",
      [](const Judgement& j) -> Value { return j.p_slower; }},
    C{"pair_sd", "", "standard deviation of one pair's log ratio",
      [](const Judgement& j) -> Value { return j.pair_sd; }},
    C{"pairs", "pairs", "pairs of processes of the stage that decided (compare: processes a side)",
      [](const Judgement& j) -> Value { return j.pairs; }},
    C{"confirmed", "", "whether fresh pairs decided",
      [](const Judgement& j) -> Value { return j.confirmed; }},
    C{"same_code", "", "whether both sides ran the same machine code",
      [](const Judgement& j) -> Value { return j.same_code; }},
    C{"amount", "", "work of one launch; amount ÷ time is the rate",
      [](const Judgement& j) -> Value { return j.amount; }},
    C{"amount_unit", "", "FLOP, B, step or item; empty when not known",
      [](const Judgement& j) -> Value { return std::string_view(j.amount_unit); }},
    C{"reason", "", "why, in one sentence",
      [](const Judgement& j) -> Value { return std::string_view(j.reason); }}};

}  // namespace

std::span<const Column<Judgement>> columns() { return kColumns; }

std::vector<Column<Judgement>> columns_of(std::span<const Judgement> rows) {
  std::vector<Column<Judgement>> shown(kColumns.begin(), kColumns.end());
  const bool walls = std::any_of(rows.begin(), rows.end(), [](const Judgement& row) {
    return std::isfinite(row.base_wall_s) || std::isfinite(row.candidate_wall_s);
  });
  for (Column<Judgement>& column : shown) {
    if (walls && column.name == "base_wall_s") column.heading = "wall: base";
    if (walls && column.name == "candidate_wall_s") column.heading = "wall: candidate";
  }
  return shown;
}

}  // namespace derate::outputs
