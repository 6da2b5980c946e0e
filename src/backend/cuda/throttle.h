// SPDX-License-Identifier: Apache-2.0
// NVML's clocks-event-reasons mask in words. No CUDA header here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace derate::cuda {

struct ThrottleReason {
  std::uint64_t bit;
  std::string_view word;  ///< empty: a reason for a lower clock, but not for a throttled one
};

inline constexpr std::uint64_t kIdle = 0x1;
inline constexpr std::uint64_t kClockSetting = 0x2;  // "applications clocks setting"

/// NVML API reference, NvmlClocksEventReasons (before driver 535: NvmlClocksThrottleReasons). An
/// idle GPU and clocks that somebody asked for are what they should be.
inline constexpr std::array kThrottleReasons = {
    ThrottleReason{kIdle, ""},
    ThrottleReason{kClockSetting, ""},
    ThrottleReason{0x4, "power_cap"},    // SW power cap
    ThrottleReason{0x8, "slowdown"},     // HW slowdown: thermal, power brake or supply
    ThrottleReason{0x10, "sync_boost"},  // the slowest GPU of a sync boost group
    ThrottleReason{0x20, "thermal"},     // SW thermal slowdown
    ThrottleReason{0x40, "hw_thermal"},
    ThrottleReason{0x80, "power_brake"},
    ThrottleReason{0x100, "display_clock"},
};

/// "power_cap,thermal"; empty when nothing held the clock down. A bit that this table does not
/// know is named by its value rather than dropped.
[[nodiscard]] inline std::string throttle_words(std::uint64_t mask) {
  std::string words;
  const auto append = [&words](std::string_view word) {
    if (word.empty()) return;
    if (!words.empty()) words += ',';
    words += word;
  };
  for (const ThrottleReason& reason : kThrottleReasons) {
    if ((mask & reason.bit) != 0) append(reason.word);
    mask &= ~reason.bit;
  }
  for (int bit = 0; bit < 64; ++bit) {
    if (((mask >> bit) & 1u) != 0) append("bit_" + std::to_string(bit));
  }
  return words;
}

}  // namespace derate::cuda
