// SPDX-License-Identifier: Apache-2.0
// Quantities, ranges and shares of a command line: within the limits, and what is printed is read
// as the same.
#include <fmt/format.h>

#include "estimate/quantity.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_range(std::string_view input) {
  const Range range = parse_range(input, "--option", kPositive);
  require(range.low >= kPositive.low && range.low <= range.value && range.value <= range.high &&
              range.high <= kPositive.high,
          "a range is none");
  const Range again = read_again([&] {
    return parse_range(fmt::format("{}..{}", range.low, range.high), "--option", kPositive);
  });
  require(again.low == range.low && again.high == range.high, "a range changed");
}

void read_quantities(std::string_view input) {
  if (!input.empty() && input.front() == '%') {
    const double share = parse_share(input.substr(1), "--option");
    require(share > 0 && share < 1, "a share is none");
    return;
  }
  read_range(input);
}

const Registered quantity({"quantity", read_quantities});

}  // namespace
}  // namespace derate::fuzz
