// SPDX-License-Identifier: Apache-2.0
// The levels of the gate's tests that are no part of a plan.
#pragma once

namespace derate {

/// Holm's test of the gate has this share of the bound on false alarms: a machine whose processes
/// resemble their neighbours has a few more than the t test says. With all of it two of 24 such
/// machines had 31 and 32 in 30,000 gates (docs/regression.md).
inline constexpr double kHolmShare = 0.8;
/// Each of the two one-sided tests for "unchanged": a stage calls a change of the margin or more
/// unchanged with at most this probability, both stages together with at most twice it.
inline constexpr double kEquivalenceLevel = 0.05;
/// What stage 2 finds must lean the same way in stage 1, by this one-sided p-value: a benchmark may
/// have come to stage 2 for its noise alone, and a noisy machine has many of those.
inline constexpr double kLeaningLevel = 0.25;
/// A change in time must be one in cycles too, at this level; it was found in time already.
inline constexpr double kCyclesLevel = 0.05;
/// The clock is what changed, not the code, only when the clock's own change is this sure.
inline constexpr double kClockLevel = 0.01;
/// And when it is at least this share of the change in time.
inline constexpr double kClockShare = 0.5;
/// Of every interval that is shown.
inline constexpr double kConfidence = 0.95;

}  // namespace derate
