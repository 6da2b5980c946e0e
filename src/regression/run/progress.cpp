// SPDX-License-Identifier: Apache-2.0
// On a terminal every update is shown, elsewhere at most one line in 30 s.
#include "regression/run/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/system_calls.h"
#include "base/units.h"

namespace derate {

GateProgress::GateProgress(std::string what)
    : line_(std::move(what)), last_(system_calls().steady_now()) {}

void GateProgress::say(const std::string& sentence) {
  line_.say(sentence);
  last_ = system_calls().steady_now();
}

void GateProgress::show(const std::string& where, double left_s) {
  const std::string text =
      std::isnan(left_s) ? where
                         : fmt::format("{}; {} left", where, format_duration(std::round(left_s)));
  constexpr std::chrono::seconds kBetweenLines{30};
  if (line_.is_on_terminal()) {
    line_.show(fmt::format("{}: {}", line_.who(), text));
  } else if (system_calls().steady_now() - last_ >= kBetweenLines) {
    say(text);
  }
}

}  // namespace derate
