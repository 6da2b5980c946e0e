// SPDX-License-Identifier: Apache-2.0
// Counts the rounds of all parts of a run; the time left is from the mean time of this part's
// rounds.
#include "progress.h"

#include <fmt/format.h>

#include <cmath>

#include "base/system_calls.h"

namespace derate::bench {
Progress::Progress(std::int64_t rounds, Part part, bool quiet)
    : total_(rounds * part.of),
      done_(rounds * (part.number - 1)),
      done_before_(done_),
      quiet_(quiet) {}

std::string Progress::left() const {
  const std::int64_t done_here = done_ - done_before_;
  if (done_here == 0) return "";
  const std::chrono::duration<double> spent = system_calls().steady_now() - began_;
  const auto each = spent.count() / static_cast<double>(done_here);
  const long long seconds = std::llround(each * static_cast<double>(total_ - done_));
  return fmt::format(", {}:{:02} left", seconds / 60, seconds % 60);
}

void Progress::start(const std::string& name) {
  if (!quiet_) line_.show(fmt::format("[{}/{}{}] {}", done_ + 1, total_, left(), name));
}

void Progress::finish(const std::string& name, const std::string& result) {
  ++done_;
  if (quiet_) return;
  if (line_.is_on_terminal()) {
    line_.show(fmt::format("[{}/{}{}] {}  {}", done_, total_, left(), result, name));
    if (done_ == total_) line_.clear();
  } else {
    line_.print(fmt::format("[{}/{}{}] {}  {}", done_, total_, left(), name, result));
  }
}

void Progress::say(const std::string& sentence) { line_.say(sentence); }

}  // namespace derate::bench
