// SPDX-License-Identifier: Apache-2.0
// Numbers and tables as a page's JSON: short, since a page holds many of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/json.h"
#include "base/overloaded.h"
#include "base/table.h"

namespace derate::page {

using Json = nlohmann::ordered_json;

/// To `digits` significant digits, more than any plot shows; null for what is not known.
inline Json number(double value, int digits = 6) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0 || std::abs(value) < 1e-200 || std::abs(value) > 1e200) return value;
  const int exponent = digits - 1 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  // Divides by a power of ten rather than multiplying by its inverse, which no double is.
  const double scale = std::pow(10, std::abs(exponent));
  return exponent >= 0 ? std::round(value * scale) / scale : std::round(value / scale) * scale;
}

inline Json cell(const Value& value) {
  return std::visit(Overloaded{[](double known) { return number(known, 10); },
                               [](const auto& other) { return Json(other); }},
                    value);
}

/// Columns with name, heading and meaning; the rows' values; and for columns with a heading the
/// texts for people.
template <typename T>
Json table_of(std::span<const Column<T>> columns, std::span<const std::type_identity_t<T>> items) {
  Json result = {{"columns", Json::array()}, {"values", Json::array()}, {"texts", Json::array()}};
  for (const Column<T>& column : columns) {
    result["columns"].push_back(
        {{"name", column.name}, {"heading", column.heading}, {"meaning", column.meaning}});
  }
  for (const T& item : items) {
    Json values = Json::array();
    Json texts = Json::array();
    for (const Column<T>& column : columns) {
      const Value value = column.value(item);
      values.push_back(cell(value));
      if (column.heading.empty()) continue;
      texts.push_back(column.text ? column.text(item) : table::as_text(value));
    }
    result["values"].push_back(std::move(values));
    result["texts"].push_back(std::move(texts));
  }
  return result;
}

}  // namespace derate::page
