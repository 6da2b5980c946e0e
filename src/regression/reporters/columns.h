// SPDX-License-Identifier: Apache-2.0
// What every format says of one benchmark: one table of columns, and the texts that people read.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/table.h"
#include "regression/verdict.h"

namespace derate::outputs {

inline constexpr std::array kVerdicts = {
    Verdict::regression,  Verdict::improvement, Verdict::unchanged,      Verdict::inconclusive,
    Verdict::environment, Verdict::invalid,     Verdict::not_comparable, Verdict::collecting};

[[nodiscard]] std::span<const Column<Judgement>> columns();
/// The same with a heading for every figure that people see of these: wall times only where others
/// were judged.
[[nodiscard]] std::vector<Column<Judgement>> columns_of(std::span<const Judgement> rows);

/// "+3.1 % [2.9, 3.3]"; without an interval where there is none, and a dash where nothing is known.
[[nodiscard]] std::string change_text(const Estimate& change);
/// "slower", "invalid", ...: how a benchmark with that verdict is counted in a sentence.
[[nodiscard]] std::string_view adjective(Verdict verdict);
/// "1 invalid, 2 inconclusive, 41 unchanged", of those that there are, without `but`.
[[nodiscard]] std::string counts_text(const Comparison& comparison, Verdict but);
/// "41 unchanged; the largest change among them is +0.4 %"; empty where none is unchanged.
[[nodiscard]] std::string unchanged_text(const Comparison& comparison);
/// "gate of CANDIDATE against BASE, 4.2 min, on Example GPU (driver 100.00)"; of command lines that
/// are alike what differs.
[[nodiscard]] std::string context_text(const Comparison& comparison);
/// What the reader of any format for people must know besides: notes, then differences.
[[nodiscard]] std::vector<std::string> notes(const Comparison& comparison);

/// The order of regressions, invalid, not comparable, environment, inconclusive, collecting,
/// improvements, unchanged; the largest change first among regressions and improvements.
[[nodiscard]] bool is_worse(const Judgement& a, const Judgement& b);
/// Worst first.
[[nodiscard]] std::vector<Judgement> in_order(const Comparison& comparison);

/// Whether the candidate's figures belong in a history: not where a side is wrong, or the clock or
/// the driver made them.
[[nodiscard]] bool counts_for_history(const Judgement& judgement);

}  // namespace derate::outputs
