// SPDX-License-Identifier: Apache-2.0
// One table of columns, four formats. A column says once what it is called, what it means, and how
// its value reads for people and for machines.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "derate/report.h"

namespace derate {

/// What a cell holds for machines; NaN becomes null (JSON) or nothing (CSV).
using Value = std::variant<std::string, double, std::int64_t>;

/// A column over items of type T, such as report rows. Without a heading it is left out of the
/// formats for people.
template <typename T>
struct Column {
  std::string_view name;     ///< JSON key and CSV header
  std::string_view heading;  ///< for people
  std::string_view meaning;
  std::function<Value(const T&)> value;
  /// For people; not set means the value as text.
  std::function<std::string(const T&)> text = {};
};

/// The building blocks that do not depend on T.
namespace table {
[[nodiscard]] std::string as_text(const Value& value);
/// Appends lines of cells, padded so that the columns stand below each other (numbers to the
/// right).
void append_aligned(std::string& out, std::span<const std::vector<std::string>> lines,
                    std::span<const bool> right);
void append_markdown(std::string& out, std::span<const std::string> cells);
void append_csv(std::string& out, std::span<const Value> cells);
/// Appends "key": value for JSON.
void append_json_member(std::string& out, std::string_view key, const Value& value);
[[nodiscard]] std::string json_string(std::string_view text);
/// Number of characters, not bytes, of UTF-8 text.
[[nodiscard]] std::size_t width(std::string_view text);
}  // namespace table

namespace detail {

template <typename T>
std::string text_of(const Column<T>& column, const T& item) {
  return column.text ? column.text(item) : table::as_text(column.value(item));
}

template <typename T>
std::vector<const Column<T>*> headed(std::span<const Column<T>> columns) {
  std::vector<const Column<T>*> shown;
  for (const Column<T>& column : columns) {
    if (!column.heading.empty()) shown.push_back(&column);
  }
  return shown;
}

}  // namespace detail

template <typename T>
std::string render_aligned(std::span<const Column<T>> columns, std::span<const T> items) {
  const auto shown = detail::headed(columns);
  std::vector<std::vector<std::string>> lines(1);
  // Not std::vector<bool>, whose elements have no address for a span.
  const auto right = std::make_unique<bool[]>(shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    lines[0].emplace_back(shown[i]->heading);
    right[i] = !items.empty() && !std::holds_alternative<std::string>(shown[i]->value(items[0]));
  }
  for (const T& item : items) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const auto* column : shown) line.push_back(detail::text_of(*column, item));
  }
  std::string out;
  table::append_aligned(out, lines, {right.get(), shown.size()});
  return out;
}

template <typename T>
std::string render_markdown(std::span<const Column<T>> columns, std::span<const T> items) {
  const auto shown = detail::headed(columns);
  std::string out;
  std::vector<std::string> cells;
  for (const auto* column : shown) cells.emplace_back(column->heading);
  table::append_markdown(out, cells);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool right =
        !items.empty() && !std::holds_alternative<std::string>(shown[i]->value(items[0]));
    cells[i] = right ? "---:" : "---";
  }
  table::append_markdown(out, cells);
  for (const T& item : items) {
    for (std::size_t i = 0; i < shown.size(); ++i) cells[i] = detail::text_of(*shown[i], item);
    table::append_markdown(out, cells);
  }
  return out;
}

template <typename T>
std::string render_csv(std::span<const Column<T>> columns, std::span<const T> items) {
  std::string out;
  std::vector<Value> cells;
  for (const Column<T>& column : columns) cells.emplace_back(std::string(column.name));
  table::append_csv(out, cells);
  for (const T& item : items) {
    for (std::size_t i = 0; i < columns.size(); ++i) cells[i] = columns[i].value(item);
    table::append_csv(out, cells);
  }
  return out;
}

/// A JSON array of objects, one object a line.
template <typename T>
std::string render_json(std::span<const Column<T>> columns, std::span<const T> items) {
  std::string out = "[";
  for (const T& item : items) {
    out += &item == items.data() ? "\n{" : ",\n{";
    for (const Column<T>& column : columns) {
      if (&column != columns.data()) out += ", ";
      table::append_json_member(out, column.name, column.value(item));
    }
    out += '}';
  }
  return out + (items.empty() ? "]" : "\n]");
}

template <typename T>
std::string render(std::span<const Column<T>> columns, std::span<const T> items, Format format) {
  switch (format) {
    case Format::table:
      return render_aligned(columns, items);
    case Format::markdown:
      return render_markdown(columns, items);
    case Format::csv:
      return render_csv(columns, items);
    case Format::json:
      return render_json(columns, items) + "\n";
  }
  return {};
}

}  // namespace derate
