// SPDX-License-Identifier: Apache-2.0
// Members of JSON objects that may be missing, units and limits of times.
#include "regression/results/json_values.h"

#include <algorithm>
#include <array>
#include <utility>

namespace derate::json_values {

std::string text_or(const JsonFile::Json& object, std::string_view key,
                    const std::string& otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

double number_or_unknown(const JsonFile::Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : kUnknown;
}

bool is_a_time(double time_s) {
  constexpr double kShortest_s = 1e-15;
  constexpr double kLongest_s = 1e9;
  return kShortest_s <= time_s && time_s <= kLongest_s;
}

double seconds_of(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
  const auto* const found = std::find_if(kUnits.begin(), kUnits.end(),
                                         [&](const auto& each) { return each.first == unit; });
  return found == kUnits.end() ? kUnknown : found->second;
}

std::string as_text(const JsonFile::Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace derate::json_values
