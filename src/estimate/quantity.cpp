// SPDX-License-Identifier: Apache-2.0
// Parses a number with an optional suffix K, M, B or G, T, P, E, within given limits.
#include "estimate/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "derate/error.h"

namespace derate {
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

Range parse_range(std::string_view text, const std::string& option, Limits limits) {
  const std::size_t dots = text.find("..");
  const double low = parse_quantity(text.substr(0, dots), option, limits);
  if (dots == std::string_view::npos) return exactly(low);
  const double high = parse_quantity(text.substr(dots + 2), option, limits);
  if (low <= high) return between(low, high);
  throw Error(ExitCode::usage,
              fmt::format("{}: {} runs downwards: give the smaller end first", option, text));
}

double parse_share(std::string_view text, const std::string& option) {
  std::string_view number = text;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  while (number.ends_with(' ')) number.remove_suffix(1);
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, failed] = std::from_chars(number.data(), end, value);
  if (percent) value /= 100;
  if (failed == std::errc{} && stop == end && value > 0 && value < 1) return value;
  throw Error(ExitCode::usage,
              fmt::format("{} needs a share such as 2% or 0.02, not \"{}\"", option, text));
}

}  // namespace derate
