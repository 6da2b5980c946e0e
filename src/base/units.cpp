// SPDX-License-Identifier: Apache-2.0
// Four significant digits with a prefix from pico to exa; durations from picoseconds to years.
#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace derate {
namespace {

constexpr std::string_view kDash = "–";

/// What makes four significant digits of a value with an SI prefix from pico to exa.
struct Scale {
  double factor;
  int decimals;
  std::string_view prefix;
};

Scale scale_of(double value) {
  constexpr std::array<std::string_view, 11> kPrefixes = {"p", "n", "µ", "m", "", "k",
                                                          "M", "G", "T", "P", "E"};
  constexpr std::size_t kNone = 4;  // place of the empty prefix
  constexpr std::size_t kLast = kPrefixes.size() - 1;
  std::size_t prefix = kNone;
  double scaled = value;
  double factor = 1;
  while (std::abs(scaled) >= 999.95 && prefix < kLast) {
    scaled /= 1000, factor /= 1000, ++prefix;
  }
  while (scaled != 0 && std::abs(scaled) < 0.99995 && prefix > 0) {
    scaled *= 1000, factor *= 1000, --prefix;
  }
  const int decimals = std::abs(scaled) >= 99.995 ? 1 : std::abs(scaled) >= 9.9995 ? 2 : 3;
  return {factor, decimals, kPrefixes[prefix]};
}

std::string with_prefix(double value, std::string_view unit) {
  if (std::isnan(value)) return std::string(kDash);
  const Scale scale = scale_of(value);
  return fmt::format("{:.{}f} {}{}", value * scale.factor, scale.decimals, scale.prefix, unit);
}

}  // namespace

std::string format_flops(double flop_per_s) { return with_prefix(flop_per_s, "FLOP/s"); }
std::string format_bandwidth(double bytes_per_s) { return with_prefix(bytes_per_s, "B/s"); }
std::string format_rate(double per_s, Bound bound, std::string_view precision) {
  if (bound == Bound::latency) return format_time(1 / per_s);
  if (bound != Bound::compute) return format_bandwidth(per_s);
  return precision.starts_with('i') ? with_prefix(per_s, "OP/s") : format_flops(per_s);
}
std::string format_energy(const Estimate& energy_j, Bound bound, std::string_view precision) {
  if (std::isnan(energy_j.value)) return std::string(kDash);
  const std::string_view unit = bound == Bound::latency      ? "step"
                                : bound != Bound::compute    ? "B"
                                : precision.starts_with('i') ? "OP"
                                                             : "FLOP";
  const Scale scale = scale_of(energy_j.value);
  const auto number = [&](double value) {
    return fmt::format("{:.{}f}", value * scale.factor, scale.decimals);
  };
  return fmt::format("{} [{}, {}] {}J/{}", number(energy_j.value), number(energy_j.interval.low),
                     number(energy_j.interval.high), scale.prefix, unit);
}
std::string format_bytes(double bytes) { return with_prefix(bytes, "B"); }
std::string format_frequency(double hz) { return with_prefix(hz, "Hz"); }
std::string format_time(double seconds) { return with_prefix(seconds, "s"); }

std::string format_duration(double seconds) {
  struct Unit {
    double seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{365 * 86400.0, "years"}, {86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  if (std::isnan(seconds)) return std::string(kDash);
  if (std::isinf(seconds)) return "never";
  for (const Unit& unit : kUnits) {
    if (seconds < unit.seconds) continue;
    const double count = seconds / unit.seconds;
    if (count >= 999.5 && count < 1e6) return fmt::format("{:.0f} {}", count, unit.name);
    return fmt::format("{:.3g} {}", count, unit.name);
  }
  return format_time(seconds);
}

std::string format_percent(double fraction, int digits) {
  if (std::isnan(fraction)) return std::string(kDash);
  return fmt::format("{:.{}f} %", 100 * fraction, digits);
}

std::string format_percent(const Estimate& fraction) {
  if (std::isnan(fraction.value)) return std::string(kDash);
  const Interval& interval = fraction.interval;
  const bool is_single = interval.low == interval.high && !(interval.confidence > 0);
  if (is_single) return format_percent(fraction.value);  // one sample has no interval
  return fmt::format("{} [{:.1f}, {:.1f}]", format_percent(fraction.value),
                     100 * fraction.interval.low, 100 * fraction.interval.high);
}

}  // namespace derate
