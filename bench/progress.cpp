// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>

#include "base/standard_streams.h"

namespace derate::bench {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

/// Rewrites the terminal's line. A line that wraps could not be cleared again, so it is cut to the
/// terminal's width.
void rewrite_line(std::string text) {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  const std::size_t width = known ? size.ws_col - 1u : 79u;
  if (text.size() > width) text.resize(width);
  derate::say(kClearLine + text);
}

}  // namespace

Progress::Progress(std::int64_t rounds, Part part, bool quiet)
    : total_(rounds * part.of),
      done_(rounds * (part.number - 1)),
      done_before_(done_),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

std::string Progress::left() const {
  const std::int64_t done_here = done_ - done_before_;
  if (done_here == 0) return "";
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began_;
  const auto each = spent.count() / static_cast<double>(done_here);
  const long long seconds = std::llround(each * static_cast<double>(total_ - done_));
  return fmt::format(", {}:{:02} left", seconds / 60, seconds % 60);
}

void Progress::start(const std::string& name) {
  if (quiet_ || !terminal_) return;
  rewrite_line(fmt::format("[{}/{}{}] {}", done_ + 1, total_, left(), name));
}

void Progress::finish(const std::string& name, const std::string& result) {
  ++done_;
  if (quiet_) return;
  if (terminal_) {
    rewrite_line(fmt::format("[{}/{}{}] {}  {}", done_, total_, left(), result, name));
    if (done_ == total_) derate::say(kClearLine);
  } else {
    derate::say(fmt::format("[{}/{}{}] {}  {}\n", done_, total_, left(), name, result));
  }
}

void Progress::say(const std::string& sentence) const {
  derate::say(fmt::format("{}derate_bench: {}\n", terminal_ ? kClearLine : "", sentence));
}

}  // namespace derate::bench
