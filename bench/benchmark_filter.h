// SPDX-License-Identifier: Apache-2.0
// The regular expression of --benchmark_filter, as Google Benchmark understands it.
#pragma once

#include <regex>
#include <string>

namespace derate::bench {

class BenchmarkFilter {
 public:
  /// "all" and nothing match everything, a leading '-' means "all but". Throws Error(usage).
  explicit BenchmarkFilter(std::string expression);

  /// Matches a name as records have it, or with what Google Benchmark appends when it lists or
  /// reports: both may be copied into a filter, anchors included.
  [[nodiscard]] bool matches(const std::string& name) const;

 private:
  std::regex regex_;
  bool all_but_ = false;
};

}  // namespace derate::bench
