// SPDX-License-Identifier: Apache-2.0
#include "problem_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
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

std::int64_t extent(std::string_view name, std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [read_to, failed] = std::from_chars(text.data(), end, value);
  if (failed == std::errc{} && read_to == end && value >= 1 && value <= kLargest) return value;
  refuse(fmt::format("{} needs a whole number from 1 to {}, not \"{}\"", name, kLargest, text));
}

}  // namespace

Problem parse_product(const std::string& text) {
  std::map<std::string_view, std::int64_t> extents;
  std::string_view left = text;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, left.find_first_of(",/"));
    left.remove_prefix(std::min(left.size(), part.size() + 1));
    const std::size_t colon = part.find(':');
    const std::string_view name = part.substr(0, colon);
    if (colon == std::string_view::npos || name.empty()) {
      refuse(fmt::format("needs extents such as m:4096,n:11008,k:4096, not \"{}\"", part));
    }
    if (std::find(kExtents.begin(), kExtents.end(), name) == kExtents.end()) {
      refuse(fmt::format("\"{}\" is no extent of a matrix product; these are m, n and k", name));
    }
    if (!extents.emplace(name, extent(name, part.substr(colon + 1))).second) {
      refuse(fmt::format("{} is given twice", name));
    }
  }
  for (const std::string_view name : kExtents) {
    if (!extents.contains(name)) refuse(fmt::format("{} is missing", name));
  }
  return {{"m", extents["m"]}, {"n", extents["n"]}, {"k", extents["k"]}};
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
