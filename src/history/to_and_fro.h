// SPDX-License-Identifier: Apache-2.0
// Series that go to and fro between two levels at random: whether slow sessions are a change or
// chance.
#pragma once

#include <cstddef>

#include "history/levels.h"

namespace derate::history {

/// The points before a change, which end at `end_of_before`, and those since, up to the newest.
struct Sides {
  std::size_t end_of_before = 0;
  std::size_t since = 0;
};

/// What is above it, of the logarithm of time, is as slow as now: two thirds of the slowdown by
/// `change` from `base`.
[[nodiscard]] double limit_of(double base, double change);

/// The first of the slow points in a row that lead up to `since`.
[[nodiscard]] std::size_t begin_of_run(const Points& points, std::size_t since, double limit);

/// Whether a series that was now slow and now quick before is so still, and slow for a while by
/// chance, which may come to `chance`. Three slow ones in a row after none are always a change,
/// though chance alone explains them more often than 0.14 % of the time in a series of fewer than
/// twelve sessions: a young series cannot show whether it has two modes.
[[nodiscard]] bool is_to_and_fro(const Points& points, double limit, const Sides& sides,
                                 double chance);

}  // namespace derate::history
