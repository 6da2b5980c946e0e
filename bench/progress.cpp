// SPDX-License-Identifier: Apache-2.0
// Counts the rounds of all processes that share one measurement; where nobody says when the first
// of them began, time is counted for this process alone.
#include "progress.h"

#include <fmt/format.h>

#include <cmath>

#include "base/system_calls.h"

namespace derate::bench {

double steady_now_s() {
  return std::chrono::duration<double>(system_calls().steady_now().time_since_epoch()).count();
}

Progress::Progress(std::int64_t rounds, Part part, bool quiet)
    : is_since_first_(part.began_s.has_value()),
      quiet_(quiet),
      time_(rounds * part.of, rounds * (part.number - 1), part.began_s.value_or(steady_now_s())) {}

std::string Progress::left() const {
  const std::optional<double> left_s = time_.left_s(steady_now_s());
  if (!left_s) return "";
  const long long seconds = std::llround(*left_s);
  return fmt::format(", {}:{:02} left", seconds / 60, seconds % 60);
}

void Progress::start(const std::string& name) {
  if (!quiet_)
    line_.show(fmt::format("[{}/{}{}] {}", time_.done() + 1, time_.total(), left(), name));
}

void Progress::skip(const std::string& name) {
  // A process of the same measurement took its time for it, after the first one began.
  if (is_since_first_) {
    time_.finish(steady_now_s());
  } else {
    time_.skip();
  }
  show(name, "already recorded");
}

void Progress::finish(const std::string& name, const std::string& result) {
  time_.finish(steady_now_s());
  show(name, result);
}

void Progress::show(const std::string& name, const std::string& result) {
  if (quiet_) return;
  const std::string count = fmt::format("[{}/{}{}]", time_.done(), time_.total(), left());
  if (line_.is_on_terminal()) {
    line_.show(fmt::format("{} {}  {}", count, result, name));
    if (time_.done() == time_.total()) line_.clear();
  } else {
    line_.print(fmt::format("{} {}  {}", count, name, result));
  }
}

void Progress::say(const std::string& sentence) { line_.say(sentence); }

}  // namespace derate::bench
