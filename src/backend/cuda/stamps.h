// SPDX-License-Identifier: Apache-2.0
// The SM clock from pairs of stamps: what the counters of one SM advanced by, over the time that
// passed. No CUDA header here, so that it is tested on any machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace derate::cuda {

/// One reading of both counters on one SM.
struct Stamp {
  std::uint64_t time_ns;  ///< %globaltimer
  std::uint64_t clocks;   ///< %clock64 of this SM; the counters of two SMs are unrelated
  std::uint32_t sm;       ///< %smid
  std::uint32_t valid;    ///< 0 where no block has written, or its timer stood still
};

/// A shorter stretch than this is not resolved: %globaltimer advances in steps of 32 ns to 1 us.
inline constexpr std::uint64_t kShortestStretch_ns = 100'000;

/// What a reader should know of clocks where not all `sms` of a device have left one of `stamps`;
/// empty when they have.
[[nodiscard]] inline std::string unseen_sms(const std::vector<Stamp>& stamps, int sms) {
  std::set<std::uint32_t> seen;
  for (const Stamp& stamp : stamps) {
    if (stamp.valid != 0) seen.insert(stamp.sm);
  }
  if (seen.empty()) return "No SM left a stamp, so that its clock is not known.";
  if (seen.size() >= static_cast<std::size_t>(sms)) return "";
  return "Only " + std::to_string(seen.size()) + " of " + std::to_string(sms) +
         " SMs left a stamp: the measured clock is theirs.";
}

/// Median over the SMs, seen in both, of clocks per second between `before` and `after`; NaN when
/// no SM was seen twice or the stretch is too short. Several stamps of an SM: the first counts.
[[nodiscard]] inline double sm_clock_hz(const std::vector<Stamp>& before,
                                        const std::vector<Stamp>& after) {
  std::map<std::uint32_t, Stamp> starts;
  for (const Stamp& stamp : before) {
    if (stamp.valid != 0) starts.emplace(stamp.sm, stamp);
  }
  std::vector<double> clocks_hz;
  for (const Stamp& end : after) {
    const auto start = end.valid != 0 ? starts.find(end.sm) : starts.end();
    if (start == starts.end()) continue;
    const Stamp& begin = start->second;
    // A counter that ran backwards was reset in between and says nothing.
    if (end.time_ns >= begin.time_ns + kShortestStretch_ns && end.clocks > begin.clocks) {
      clocks_hz.push_back(1e9 * static_cast<double>(end.clocks - begin.clocks) /
                          static_cast<double>(end.time_ns - begin.time_ns));
    }
    starts.erase(start);
  }
  if (clocks_hz.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = clocks_hz.begin() + static_cast<std::ptrdiff_t>(clocks_hz.size() / 2);
  std::nth_element(clocks_hz.begin(), middle, clocks_hz.end());
  if (clocks_hz.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(clocks_hz.begin(), middle)) / 2;
}

}  // namespace derate::cuda
