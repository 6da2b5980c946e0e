// SPDX-License-Identifier: Apache-2.0
// A struct as a JSON object: from one table of its fields come the writing, the reading, the schema
// and the documentation.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

#include "base/input_limits.h"
#include "base/json.h"
#include "base/overloaded.h"
#include "base/table.h"
#include "derate/error.h"
#include "derate/statistics.h"

namespace derate::json {

using Json = nlohmann::ordered_json;

/// A member of T that is text, a whole number, a number, or an estimate (value, low, high).
template <typename T>
struct Field {
  std::string_view name;
  std::string_view meaning;
  std::variant<std::string T::*, std::int64_t T::*, double T::*, Estimate T::*> member;
  std::int64_t since = 1;  ///< schema that brought it; older files have its default
};

/// As many digits as the records have.
inline Json number(double value) { return number_of_digits(value, 9); }

inline double number_from(const Json& value) {
  return value.is_null() ? kUnknown : value.get<double>();
}

/// A value of the right type that no measurement can have.
struct NoSense {};

inline std::int64_t integer_from(const Json& value) {
  if (value.is_number() && !value.is_number_integer()) throw NoSense{};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > input_limits::kLargestCount) {
    throw NoSense{};
  }
  const auto number = value.get<std::int64_t>();
  if (number < 0) throw NoSense{};  // counts, all of them
  return number;
}

/// Every estimate of a factor is a rate or a share of one: positive, and within its interval.
inline Estimate estimate_from(const Json& value) {
  const Estimate estimate = {number_from(value.at("value")),
                             {number_from(value.at("low")), number_from(value.at("high")), 0.95}};
  const Interval& interval = estimate.interval;
  constexpr double kMost = 1e30;  // above what anything reaches
  if (estimate.value <= 0 || interval.low > estimate.value || interval.high < estimate.value ||
      interval.high > kMost) {
    throw NoSense{};  // not for unknown ones, which are NaN
  }
  return estimate;
}

template <typename T>
Json json_of(std::span<const Field<T>> fields, const T& item) {
  Json object;
  for (const Field<T>& field : fields) {
    object[std::string(field.name)] =
        std::visit(Overloaded{[&](std::string T::*member) { return Json(item.*member); },
                              [&](std::int64_t T::*member) { return Json(item.*member); },
                              [&](double T::*member) { return number(item.*member); },
                              [&](Estimate T::*member) {
                                const Estimate& estimate = item.*member;
                                return Json{{"value", number(estimate.value)},
                                            {"low", number(estimate.interval.low)},
                                            {"high", number(estimate.interval.high)}};
                              }},
                   field.member);
  }
  return object;
}

template <typename T>
T from_json(std::span<const Field<T>> fields, const Json& object, std::int64_t schema,
            const std::string& where) {
  T item;
  for (const Field<T>& field : fields) {
    if (field.since > schema && object.is_object() && !object.contains(field.name)) continue;
    try {
      const Json& value = object.at(std::string(field.name));
      std::visit(Overloaded{[&](std::string T::*member) { item.*member = value; },
                            [&](std::int64_t T::*member) { item.*member = integer_from(value); },
                            [&](double T::*member) { item.*member = number_from(value); },
                            [&](Estimate T::*member) { item.*member = estimate_from(value); }},
                 field.member);
    } catch (const NoSense&) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}: field \"{}\" is invalid: {}", where, field.name,
                              brief(object.at(std::string(field.name)))));
    } catch (const Json::exception&) {
      throw Error(
          ExitCode::invalid_input,
          fmt::format("{}: field \"{}\" is missing or of the wrong type", where, field.name));
    }
  }
  return item;
}

template <typename T>
Json schema_of(std::span<const Field<T>> fields) {
  Json number_or_null = {{"type", {"number", "null"}}};
  Json estimate = {{"type", "object"},
                   {"properties",
                    {{"value", number_or_null}, {"low", number_or_null}, {"high", number_or_null}}},
                   {"required", {"value", "low", "high"}}};
  Json properties;
  Json required = Json::array();
  for (const Field<T>& field : fields) {
    Json property = std::visit(Overloaded{[](std::string T::*) {
                                            return Json{{"type", "string"}};
                                          },
                                          [](std::int64_t T::*) {
                                            return Json{{"type", "integer"}};
                                          },
                                          [&](double T::*) { return number_or_null; },
                                          [&](Estimate T::*) { return estimate; }},
                               field.member);
    property["description"] = field.meaning;
    properties[std::string(field.name)] = property;
    required.push_back(field.name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

template <typename T>
std::string document(std::span<const Field<T>> fields) {
  std::ostringstream out;
  out << "| field | meaning |\n| --- | --- |\n";
  for (const Field<T>& field : fields) {
    table::write_markdown(out, std::array<std::string, 2>{"`" + std::string(field.name) + "`",
                                                          std::string(field.meaning)});
  }
  return out.str();
}

}  // namespace derate::json
