// SPDX-License-Identifier: Apache-2.0
// Families and samples, line by line.
#include "base/open_metrics.h"

#include <fmt/format.h>

#include <cmath>

#include "base/safe_text.h"

namespace derate {

std::string metric_label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, safe_text::for_quotes(value));
}

void OpenMetrics::family(std::string_view name, std::string_view unit, std::string_view help) {
  name_ = name;
  samples_.clear();
  text_ += fmt::format("# TYPE {} gauge\n", name);
  if (!unit.empty()) text_ += fmt::format("# UNIT {} {}\n", name, unit);
  text_ += fmt::format("# HELP {} {}\n", name, help);
}

void OpenMetrics::sample(std::string_view labels, double value) {
  if (!std::isfinite(value) || !samples_.emplace(labels).second) return;
  const bool has_labels = !common_.empty() || !labels.empty();
  const bool has_both = !common_.empty() && !labels.empty();
  text_ += fmt::format("{}{}{}{}{}{} {:.12g}\n", name_, has_labels ? "{" : "", common_,
                       has_both ? "," : "", labels, has_labels ? "}" : "", value);
}

}  // namespace derate
