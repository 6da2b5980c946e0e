// SPDX-License-Identifier: Apache-2.0
// Parses --derate_problem as m, n and k, and finds the workloads that have exactly these extents.
#include "problem_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "derate/error.h"

namespace derate::bench {
namespace {

constexpr std::array<std::string_view, 3> kExtents = {"m", "n", "k"};
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ExitCode::usage, "--derate_problem: " + why);
}

}  // namespace

Problem parse_product(const std::string& text) {
  std::string reason;
  const std::optional<Problem> problem = Problem::parse(text, &reason, kLargest);
  if (!problem) refuse(reason);
  for (const auto& [name, value] : problem->extents()) {
    if (std::find(kExtents.begin(), kExtents.end(), name) == kExtents.end()) {
      refuse(fmt::format("\"{}\" is no extent of a matrix product; these are m, n and k", name));
    }
  }
  for (const std::string_view name : kExtents) {
    if (!problem->find(name)) refuse(fmt::format("{} is missing", name));
  }
  return {{"m", problem->at("m")}, {"n", problem->at("n")}, {"k", problem->at("k")}};
}

bool is_product(const Workload& workload) {
  const Problem example = workload.test_problem();
  try {
    return example.str() ==
           Problem{{"m", example.at("m")}, {"n", example.at("n")}, {"k", example.at("k")}}.str();
  } catch (const std::out_of_range&) {
    return false;
  }
}

}  // namespace derate::bench
