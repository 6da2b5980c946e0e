// SPDX-License-Identifier: Apache-2.0
// Quantities on a command line: "7B", "2e12", "1.5T". A wrong one is refused with the option's
// name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/command_line.h"
#include "estimate/estimate.h"
#include "derate/work.h"

namespace derate::cli {

/// What a quantity may be; both ends belong to it.
struct Limits {
  double low = 0;
  double high = 0;
};

/// More than zero, up to what no plan exceeds: 1e30.
inline constexpr Limits kPositive = {1e-30, 1e30};
inline constexpr Limits kNotNegative = {0, 1e30};

/// A number with an optional suffix: K, M, B or G, T, P, E for 10³ to 10¹⁸ (k and lower-case
/// letters alike). Throws Error(usage) that names `option` for anything else, for NaN, and outside
/// `limits`.
[[nodiscard]] double parse_quantity(std::string_view text, const std::string& option,
                                    Limits limits);

/// An option that takes a quantity.
Option add_quantity(Command& command, const std::string& option, double& value,
                    const std::string& meaning, Limits limits);

/// An option that takes one quantity, or a range of two, "0.75..0.85", whose middle is its value.
Option add_range(Command& command, const std::string& option, Range& range,
                 const std::string& meaning, Limits limits);

/// The same of a text.
[[nodiscard]] Range parse_range(std::string_view text, const std::string& option, Limits limits);

/// The formats that a peak can be of, by name.
[[nodiscard]] std::vector<std::string> precision_names();
/// Throws Error(usage) for a name that is none.
[[nodiscard]] Precision parse_precision(std::string_view name);

}  // namespace derate::cli
