// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. The only place that knows a prefix: bytes and operations are SI
// (1 GB/s = 10⁹ B/s). A NaN prints as a dash.
#pragma once

#include <string>
#include <string_view>

#include "derate/statistics.h"
#include "derate/work.h"

namespace derate {

[[nodiscard]] std::string format_flops(double flop_per_s);       ///< "412.3 GFLOP/s"
[[nodiscard]] std::string format_bandwidth(double bytes_per_s);  ///< "4.351 TB/s"
/// One of the two above; integer work ("i8") is not of floating point: "1.979 POP/s". Where latency
/// bounds the work, `per_s` is of steps, and the time of one is given: "92.10 ns".
[[nodiscard]] std::string format_rate(double per_s, Bound, std::string_view precision = {});
/// Per FLOP, byte or step: "0.912 [0.880, 0.944] pJ/FLOP".
[[nodiscard]] std::string format_energy(const Estimate& energy_j, Bound,
                                        std::string_view precision);
[[nodiscard]] std::string format_bytes(double bytes);   ///< "32.00 MB"
[[nodiscard]] std::string format_frequency(double hz);  ///< "1.980 GHz"
[[nodiscard]] std::string format_time(double seconds);  ///< "12.35 µs"
/// As people plan: "3.25 h", "12.4 days", "2.1 years"; below a second as format_time.
[[nodiscard]] std::string format_duration(double seconds);
[[nodiscard]] std::string format_percent(double fraction, int digits = 1);  ///< "97.7 %"
[[nodiscard]] std::string format_percent(const Estimate& fraction);  ///< "97.7 % [97.5, 97.9]"

}  // namespace derate
