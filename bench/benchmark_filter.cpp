// SPDX-License-Identifier: Apache-2.0
// An extended regular expression, of limited length since std::regex recurses.
#include "benchmark_filter.h"

#include <fmt/format.h>

#include "derate/error.h"

namespace derate::bench {

BenchmarkFilter::BenchmarkFilter(std::string expression) {
  constexpr std::size_t kLongest = 1000;  // std::regex recurses, and would overflow the stack
  if (expression.size() > kLongest) {
    throw Error(ExitCode::usage,
                fmt::format("--benchmark_filter is longer than {} characters", kLongest));
  }
  all_but_ = expression.starts_with('-');
  if (all_but_) expression.erase(0, 1);
  if (expression.empty() || expression == "all") expression = ".";
  try {
    regex_ = std::regex(expression, std::regex::extended);
  } catch (const std::regex_error& error) {
    throw Error(ExitCode::usage, fmt::format("--benchmark_filter: \"{}\" is no regular "
                                             "expression: {}",
                                             expression, error.what()));
  }
}

bool BenchmarkFilter::matches(const std::string& name) const {
  const std::string listed = name + "/iterations:1/manual_time";
  return (std::regex_search(name, regex_) || std::regex_search(listed, regex_)) != all_but_;
}

}  // namespace derate::bench
