// SPDX-License-Identifier: Apache-2.0
// Lines of data/rents.csv, which the build puts into the programs.
#include "estimate/rents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/csv.h"
#include "derate/error.h"

namespace derate {

namespace embedded {
extern const std::string_view rents;  // data/rents.csv, by cmake/Embed.cmake
}

namespace {

constexpr std::array<std::string_view, 6> kColumns = {"device", "low",  "usual",
                                                      "high",   "date", "source"};

[[noreturn]] void refuse(int line, const std::string& sentence) {
  throw Error(ExitCode::invalid_input, fmt::format("rents.csv:{}: {}", line, sentence));
}

double price(int line, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0)) {
    refuse(line, fmt::format("\"{}\" is no price", text));
  }
  return value;
}

Rent rent_in(int line, const std::vector<std::string_view>& fields) {
  if (fields.size() != kColumns.size()) {
    refuse(line, fmt::format("{} fields, not {}", fields.size(), kColumns.size()));
  }
  const Rent rent{fields[0],
                  {price(line, fields[1]), price(line, fields[2]), price(line, fields[3])},
                  fields[4],
                  fields[5]};
  const Range& ends = rent.usd_per_hour;
  if (ends.low > ends.value || ends.value > ends.high) refuse(line, "the prices are in no order");
  return rent;
}

}  // namespace

std::vector<Rent> parse_rents(std::string_view csv) {
  std::vector<Rent> rents;
  bool has_header = false;
  each_csv_line(csv, [&](int line, const std::vector<std::string_view>& fields) {
    if (has_header) {
      rents.push_back(rent_in(line, fields));
    } else if (std::equal(fields.begin(), fields.end(), kColumns.begin(), kColumns.end())) {
      has_header = true;
    } else {
      refuse(line, fmt::format("the columns are not {}", fmt::join(kColumns, ",")));
    }
  });
  return rents;
}

std::span<const Rent> rents() {
  static const std::vector<Rent> all = parse_rents(embedded::rents);
  return all;
}

const Rent* rent_of(std::string_view product) {
  for (const Rent& rent : rents()) {
    if (rent.device == product) return &rent;
  }
  return nullptr;
}

}  // namespace derate
