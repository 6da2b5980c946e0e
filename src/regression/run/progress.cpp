// SPDX-License-Identifier: Apache-2.0
#include "regression/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <utility>

#include "base/units.h"
#include "base/standard_streams.h"

namespace derate::cli {

GateProgress::GateProgress(std::string what)
    : what_(std::move(what)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      last_(std::chrono::steady_clock::now()) {}

GateProgress::~GateProgress() { clear(); }

void GateProgress::clear() {
  if (shown_) derate::say("\r\033[K");
  shown_ = false;
}

void GateProgress::say(const std::string& sentence) {
  clear();
  derate::say(fmt::format("{}: {}\n", what_, sentence));
  last_ = std::chrono::steady_clock::now();
}

void GateProgress::show(const std::string& where, double left_s) {
  const std::string left =
      std::isnan(left_s) ? "" : fmt::format("; {} left", format_duration(std::round(left_s)));
  if (terminal_) {
    derate::say(fmt::format("\r{}: {}{}\033[K", what_, where, left));
    shown_ = true;
    return;
  }
  constexpr std::chrono::seconds kBetweenLines{30};
  if (std::chrono::steady_clock::now() - last_ >= kBetweenLines) say(where + left);
}

}  // namespace derate::cli
