// SPDX-License-Identifier: Apache-2.0
// Parses and prints problems, and checks at compile time that every precision has its row of facts.
#include "derate/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace derate {
namespace {

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kPrecisions.size(); ++i) {
    if (kPrecisions[i].precision != static_cast<Precision>(i)) return false;
  }
  return true;
}
static_assert(is_in_order(), "kPrecisions is not in the order of the enum");

/// Whether the enum has a name for the value: GCC and Clang print a cast where it has none.
template <Precision value>
constexpr bool is_named() {
  const std::string_view signature = __PRETTY_FUNCTION__;
  const std::string_view shown = signature.substr(signature.find("value = ") + 8);
  return shown.front() != '(';
}
static_assert(is_named<Precision::i8>());
static_assert(!is_named<static_cast<Precision>(kPrecisions.size())>(),
              "a precision has no entry in kPrecisions");

/// "m:512", as a name and a whole number; false, with the reason, for anything else.
bool parse_extent(std::string_view text, std::int64_t largest,
                  std::pair<std::string, std::int64_t>& extent, std::string& reason) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) {
    reason = fmt::format("needs extents such as m:4096,n:11008,k:4096, not \"{}\"", text);
    return false;
  }
  extent.first = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const char* const end = digits.data() + digits.size();
  const auto [read_to, failed] = std::from_chars(digits.data(), end, extent.second);
  const bool is_number = failed == std::errc{} && read_to == end;
  if (is_number && extent.second >= 1 && extent.second <= largest) return true;
  reason = fmt::format("{} needs a whole number from 1 to {}, not \"{}\"", extent.first, largest,
                       digits);
  return false;
}

}  // namespace

std::vector<std::string> product_precision_names() {
  std::vector<std::string> names;
  for (const PrecisionFacts& facts : kPrecisions) {
    if (facts.arithmetic == Arithmetic::matrix_products) names.emplace_back(facts.name);
  }
  return names;
}

std::optional<Problem> Problem::parse(std::string_view text, std::string* reason,
                                      std::int64_t largest) {
  std::string ignored;
  std::string& why = reason != nullptr ? *reason : ignored;
  Problem problem;
  do {
    const std::string_view part = text.substr(0, text.find_first_of(",/"));
    std::pair<std::string, std::int64_t> extent;
    if (!parse_extent(part, largest, extent, why)) return std::nullopt;
    if (problem.find(extent.first)) {
      why = fmt::format("{} is given twice", extent.first);
      return std::nullopt;
    }
    problem.extents_.push_back(std::move(extent));
    if (part.size() == text.size()) break;
    text.remove_prefix(part.size() + 1);
  } while (true);
  return problem;
}

std::optional<std::int64_t> Problem::find(std::string_view name) const {
  for (const auto& [extent, value] : extents_) {
    if (extent == name) return value;
  }
  return std::nullopt;
}

std::int64_t Problem::at(std::string_view name) const {
  if (const auto value = find(name)) return *value;
  throw std::out_of_range(fmt::format("problem {} has no extent {}", str(), name));
}

std::string Problem::str() const {
  std::string text;
  for (const auto& [extent, value] : extents_) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : "/", extent, value);
  }
  return text;
}

}  // namespace derate
