// SPDX-License-Identifier: Apache-2.0
// Formats the present time, and checks a text for its digits and for a day and time that exist.
#include "base/time_utc.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>

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

}  // namespace derate
