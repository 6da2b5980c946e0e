// SPDX-License-Identifier: Apache-2.0
#include "cli/options/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "derate/error.h"

namespace derate::cli {
namespace {

/// Factor of a suffix; NaN for one that is none. B is a billion, as in "7B parameters".
double factor_of(std::string_view suffix) {
  if (suffix.empty()) return 1;
  if (suffix.size() > 1) return std::nan("");
  switch (suffix.front()) {
    case 'k':
    case 'K':
      return 1e3;
    case 'm':
    case 'M':
      return 1e6;
    case 'b':
    case 'B':
    case 'g':
    case 'G':
      return 1e9;
    case 't':
    case 'T':
      return 1e12;
    case 'p':
    case 'P':
      return 1e15;
    case 'E':
      return 1e18;
    default:
      return std::nan("");
  }
}

/// As the user knows it: "--tokens,--samples" is one option with two names.
std::string shown(const std::string& option) {
  const std::size_t comma = option.find(',');
  if (comma == std::string::npos) return option;
  return option.substr(0, comma) + " or " + option.substr(comma + 1);
}

constexpr std::array kPeakPrecisions = {Precision::f64, Precision::f32,  Precision::tf32,
                                    Precision::f16, Precision::bf16, Precision::fp8,
                                    Precision::fp4, Precision::i8};

}  // namespace

double parse_quantity(std::string_view text, const std::string& option, Limits limits) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const double factor = factor_of({rest, static_cast<std::size_t>(end - rest)});
  if (error != std::errc{} || std::isnan(number) || std::isnan(factor)) {
    throw Error(
        ExitCode::usage,
        fmt::format("{}: \"{}\" is not a quantity: give a number such as 7e9, or with one of "
                    "the suffixes K, M, B (or G), T, P, E: 7B",
                    option, text));
  }
  const double value = number * factor;
  if (!(value >= limits.low && value <= limits.high)) {
    const bool must_be_positive = limits.low > 0 && limits.low < 1e-20;
    throw Error(ExitCode::usage, must_be_positive
                                     ? fmt::format("{}: {} must be more than 0 and at most {:g}",
                                                   option, text, limits.high)
                                     : fmt::format("{}: {} must be from {:g} to {:g}", option, text,
                                                   limits.low, limits.high));
  }
  return value;
}

Option add_quantity(Command& command, const std::string& option, double& value,
                    const std::string& meaning, Limits limits) {
  return command
      .add_option_function(
          option,
          [&value, option, limits](const std::string& text) {
            value = parse_quantity(text, shown(option), limits);
          },
          meaning)
      .type_name("QUANTITY");
}

Range parse_range(std::string_view text, const std::string& option, Limits limits) {
  const std::size_t dots = text.find("..");
  const double low = parse_quantity(text.substr(0, dots), option, limits);
  if (dots == std::string_view::npos) return exactly(low);
  const double high = parse_quantity(text.substr(dots + 2), option, limits);
  if (low <= high) return between(low, high);
  throw Error(ExitCode::usage,
              fmt::format("{}: {} runs downwards: give the smaller end first", option, text));
}

Option add_range(Command& command, const std::string& option, Range& range,
                 const std::string& meaning, Limits limits) {
  return command
      .add_option_function(
          option,
          [&range, option, limits](const std::string& text) {
            range = parse_range(text, option, limits);
          },
          meaning)
      .type_name("QUANTITY or LOW..HIGH");
}

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const Precision precision : kPeakPrecisions) names.emplace_back(to_string(precision));
  return names;
}

Precision parse_precision(std::string_view name) {
  for (const Precision precision : kPeakPrecisions) {
    if (to_string(precision) == name) return precision;
  }
  throw Error(ExitCode::usage, fmt::format("\"{}\" is no precision", name));
}

}  // namespace derate::cli
