// SPDX-License-Identifier: Apache-2.0
#include "time_utc.h"

#include <fmt/chrono.h>

#include <chrono>

namespace derate {

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace derate
