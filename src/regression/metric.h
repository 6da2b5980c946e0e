// SPDX-License-Identifier: Apache-2.0
// Which time of a benchmark is judged: that of the wall clock, or that of the processor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace derate {

enum class Metric { real_time, cpu_time };

[[nodiscard]] std::string_view to_string(Metric metric);  ///< as --metric takes it
/// Nothing for any other word.
[[nodiscard]] std::optional<Metric> parse_metric(std::string_view word);

/// What every verdict on CPU time says once.
inline constexpr std::string_view kCpuTimeNote =
    "judged by CPU time: waiting (for files, locks or other devices) is not in it";

/// What --metric auto took.
struct MetricDecision {
  Metric metric = Metric::real_time;
  std::string why;

  [[nodiscard]] std::string sentence() const;
};

}  // namespace derate
