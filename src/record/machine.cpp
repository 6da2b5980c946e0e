// SPDX-License-Identifier: Apache-2.0
// The facts that must agree for a comparison, less those of the machine's state; of a processor its
// caches and clock besides, with a tolerance: what Google Benchmark states as the clock is
// measured, and differs a little from day to day.
#include "record/machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace derate {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kAbout = {"mhz_per_cpu", "clock_specified_hz",
                                                    "last_level_cache_bytes"};
constexpr std::array<std::string_view, 7> kState = {
    "driver_version", "runtime_version",     "library",  "clock_maximum_hz",
    "power_cap_w",    "cpu_scaling_enabled", "ecc_state"};

bool is_in(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether two numbers, as text, lie within 5 % of each other.
bool are_about_equal(std::string_view one, std::string_view other) {
  constexpr double kTolerance = 0.05;
  const auto number = [](std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const double a = number(one);
  const double b = number(other);
  return std::abs(a - b) <= kTolerance * std::min(a, b);
}

}  // namespace

std::vector<EnvironmentDifference> machine_differences(const Environment& base,
                                                       const Environment& candidate) {
  // The id of a CPU holds that of its installation, which every container and fresh VM makes anew.
  const bool on_host = base.value("backend") == "host";
  std::vector<EnvironmentDifference> found = differences(base, candidate);
  std::erase_if(found, [&](const EnvironmentDifference& each) {
    if (each.name == "device_id" && on_host) return true;
    if (is_in(kAbout, each.name)) return are_about_equal(each.base, each.candidate);
    if (each.name == "caches") return false;
    return !each.hard || is_machine_state(each.name);
  });
  return found;
}

bool is_machine_state(std::string_view fact) { return is_in(kState, fact); }

}  // namespace derate
