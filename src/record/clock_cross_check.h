// SPDX-License-Identifier: Apache-2.0
// The cross-check of ceilings: what every chain and probe implies of the clock must agree.
#pragma once

#include <span>
#include <string>

#include "derate/aggregate.h"

namespace derate {

/// A ceiling that implies a clock lower than the highest by more than this fraction is suspect. A
/// rate in the table that is wrong, is so by a factor of two or four; the codes differ by a few
/// per cent.
inline constexpr double kImpliedClocksApart = 0.10;

/// Whether the row claims to reach its peak: all its arithmetic is the instruction that the peak is
/// made of.
[[nodiscard]] bool is_ceiling(const Row& row);

/// The clock that the row implies, achieved ÷ 2·N, as a share of the one measured meanwhile, or of
/// the specified one where none was measured.
[[nodiscard]] const Estimate& implied_clock_share(const Row& row);

/// Marks as suspect every ceiling among the rows of one device whose implied clock lies below the
/// highest one's by more than kImpliedClocksApart, the intervals of both considered; as unstable
/// where the time that other programs took may be all there is to it. The highest is right as far
/// as can be known: what is above its peak is suspect for that. Rows that are wrong, or whose share
/// is not known within kUnstableAbove, have no part in it.
void cross_check(std::span<Row> rows);

/// One sentence on how the ceilings agree; empty with fewer than two that passed.
[[nodiscard]] std::string ceilings_sentence(std::span<const Row> rows);

}  // namespace derate
