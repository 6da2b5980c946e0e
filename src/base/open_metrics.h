// SPDX-License-Identifier: Apache-2.0
// Gauges in the text that OpenMetrics 1.0 and Prometheus' format 0.0.4 have in common: UNIT and EOF
// lines are comments to the latter, and only gauges are declared, since it knows neither "info" nor
// "stateset".
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace derate {

/// name="value", with what has a meaning there escaped.
[[nodiscard]] std::string metric_label(std::string_view name, std::string_view value);

class OpenMetrics {
 public:
  /// `common`: labels that every sample has, so that files of several can lie side by side; may be
  /// empty.
  explicit OpenMetrics(std::string common = "") : common_(std::move(common)) {}

  /// Begins a family; its name ends in its unit, where it has one.
  void family(std::string_view name, std::string_view unit, std::string_view help);
  /// Nothing for a value that is not known, nor for labels that the family has: readers refuse a
  /// series that is there twice.
  void sample(std::string_view labels, double value);
  [[nodiscard]] std::string end() const { return text_ + "# EOF\n"; }

 private:
  std::string common_;
  std::string name_;
  std::set<std::string, std::less<>> samples_;  ///< labels of the family's
  std::string text_;
};

}  // namespace derate
