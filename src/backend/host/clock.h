// SPDX-License-Identifier: Apache-2.0
// The core's clock, measured: a chain of dependent additions takes one cycle each.
#pragma once

#include <functional>
#include <span>

namespace derate::host {

/// What some chains in a row said of one core's clock.
struct ClockReading {
  double hz = 0;       ///< by the fastest chain; NaN where none can be timed
  bool agreed = true;  ///< whether a second one was as fast, so that neither was disturbed
};

/// Times chains of `cycles` until the two fastest agree: whoever takes the core away makes a chain
/// longer, never shorter, and hardly two by the same. `chain_s` runs one and returns its time.
[[nodiscard]] ClockReading fastest_of_chains(double cycles, const std::function<double()>& chain_s);

/// Clock of the core that the caller runs on, in about 60 us where nothing disturbs; NaN where the
/// instruction set has no chain of a known latency, and under an emulator.
[[nodiscard]] ClockReading measure_core_clock();

/// One core's clock over a stretch, from readings spread over it: the mean of those that agreed,
/// since a clock does move; where none did, the fastest, since none can be too fast.
[[nodiscard]] double clock_over(std::span<const ClockReading> readings);

}  // namespace derate::host
