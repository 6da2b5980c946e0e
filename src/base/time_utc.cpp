// SPDX-License-Identifier: Apache-2.0
// Formats the present time, and checks a text for its digits and for a day and time that exist.
#include "base/time_utc.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

#include "base/system_calls.h"

namespace derate {

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(system_calls().utc_now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

bool is_time_utc(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  const bool shaped = text.size() == kShape.size() &&
                      std::equal(text.begin(), text.end(), kShape.begin(), [](char c, char shape) {
                        return shape == '0' ? '0' <= c && c <= '9' : c == shape;
                      });
  if (!shaped) return false;
  const auto number = [&](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    for (const char digit : text.substr(at, digits)) {
      value = 10 * value + static_cast<unsigned>(digit - '0');
    }
    return value;
  };
  using namespace std::chrono;
  const year_month_day day(year(static_cast<int>(number(0, 4))), month(number(5, 2)),
                           std::chrono::day(number(8, 2)));
  return day.ok() && number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) < 60;
}

double unix_seconds(const std::string& utc) {
  std::array<int, 5> at{};
  double second = 0;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (std::sscanf(utc.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &at[0], &at[1], &at[2], &at[3], &at[4],
                  &second) != 6) {
    return kNone;
  }
  const std::chrono::year_month_day day = {std::chrono::year(at[0]),
                                           std::chrono::month(static_cast<unsigned>(at[1])),
                                           std::chrono::day(static_cast<unsigned>(at[2]))};
  if (!day.ok()) return kNone;
  const std::chrono::sys_days days = day;
  return 86400.0 * static_cast<double>(days.time_since_epoch().count()) + 3600.0 * at[3] +
         60.0 * at[4] + second;
}

}  // namespace derate
