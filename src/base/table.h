// SPDX-License-Identifier: Apache-2.0
// One table of columns, four formats. A column says once what it is called, what it means, and how
// its value reads for people and for machines. Rows are written as they are made, so that a report
// of 100,000 rows costs no more memory than its rows.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "derate/format.h"

namespace derate {

/// What a cell holds for machines: text (a view of the item's own, or made for the cell), a number,
/// whose NaN becomes null (JSON) or nothing (CSV), or true or false.
using Value = std::variant<std::string_view, std::string, double, std::int64_t, bool>;

/// A column over items of type T, such as report rows. Without a heading it is left out of the
/// formats for people.
template <typename T>
struct Column {
  std::string_view name;     ///< JSON key and CSV header
  std::string_view heading;  ///< for people
  std::string_view meaning;
  Value (*value)(const T&);
  /// For people; null means the value as text.
  std::string (*text)(const T&) = nullptr;
  /// Markdown, where it is to be more than the text made safe.
  std::string (*markdown)(const T&) = nullptr;
};

/// Writers of single lines, which do not depend on T.
namespace table {

using Widths = std::vector<std::size_t>;

inline constexpr std::size_t kWidestCell = 400;  ///< far above what any terminal shows

[[nodiscard]] bool is_number(const Value& value);
[[nodiscard]] std::string as_text(const Value& value);
/// As a cell on a terminal: cut in the middle where it is so long that it would pad the whole
/// column to its width.
[[nodiscard]] std::string cell_for_terminal(std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);

/// Cells that are safe, padded to the widths, numbers to the right.
void write_aligned(std::ostream& out, std::span<const std::string> cells, const Widths& widths,
                   const std::vector<bool>& right);
/// Cells that are Markdown.
void write_markdown(std::ostream& out, std::span<const std::string> cells);
void write_csv(std::ostream& out, std::span<const Value> cells);
/// An object on one line.
void write_json(std::ostream& out, std::span<const std::string> keys, std::span<const Value> cells);

}  // namespace table

/// The columns that people see, of one list of items.
template <typename T>
class PeoplesTable {
 public:
  PeoplesTable(std::span<const Column<T>> columns, std::span<const T> items) : items_(items) {
    for (const Column<T>& column : columns) {
      if (column.heading.empty()) continue;
      columns_.push_back(&column);
      headings_.emplace_back(column.heading);
      right_.push_back(!items.empty() && table::is_number(column.value(items.front())));
    }
  }

  /// What is wider than `widest_first` in the first column is shortened.
  void write_aligned(std::ostream& out, std::size_t widest_first = table::kWidestCell) const {
    table::Widths widths(columns_.size(), 0);
    const auto widen = [&](std::span<const std::string> cells) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        widths[i] = std::max(widths[i], fit_text::width(cells[i]));
      }
    };
    widen(headings_);
    for (const T& item : items_) widen(aligned_cells(item, widest_first));
    table::write_aligned(out, headings_, widths, right_);
    for (const T& item : items_) {
      table::write_aligned(out, aligned_cells(item, widest_first), widths, right_);
    }
  }

  void write_markdown(std::ostream& out) const {
    table::write_markdown(out, headings_);
    std::vector<std::string> rule;
    for (const bool right : right_) rule.emplace_back(right ? "---:" : "---");
    table::write_markdown(out, rule);
    for (const T& item : items_) table::write_markdown(out, markdown_cells(item));
  }

 private:
  static std::string text_of(const Column<T>& column, const T& item) {
    return column.text ? column.text(item) : table::as_text(column.value(item));
  }

  [[nodiscard]] std::vector<std::string> markdown_cells(const T& item) const {
    std::vector<std::string> cells;
    for (const Column<T>* column : columns_) {
      cells.push_back(column->markdown ? column->markdown(item)
                                       : safe_text::for_markdown(text_of(*column, item)));
    }
    return cells;
  }

  [[nodiscard]] std::vector<std::string> aligned_cells(const T& item,
                                                       std::size_t widest_first) const {
    std::vector<std::string> cells;
    for (const Column<T>* column : columns_) {
      cells.push_back(table::cell_for_terminal(text_of(*column, item)));
    }
    if (!cells.empty()) cells.front() = fit_text::shortened(cells.front(), widest_first);
    return cells;
  }

  std::span<const T> items_;
  std::vector<const Column<T>*> columns_;
  std::vector<std::string> headings_;
  std::vector<bool> right_;
};

template <typename T>
void write_csv(std::ostream& out, std::span<const Column<T>> columns, std::span<const T> items) {
  std::vector<Value> cells;
  for (const Column<T>& column : columns) cells.emplace_back(column.name);
  table::write_csv(out, cells);
  for (const T& item : items) {
    for (std::size_t i = 0; i < columns.size(); ++i) cells[i] = columns[i].value(item);
    table::write_csv(out, cells);
  }
}

/// A JSON array of objects, one object a line.
template <typename T>
void write_json(std::ostream& out, std::span<const Column<T>> columns, std::span<const T> items) {
  std::vector<std::string> keys;
  for (const Column<T>& column : columns) keys.push_back(table::json_string(column.name));
  std::vector<Value> cells(columns.size());
  out << '[';
  for (const T& item : items) {
    out << (&item == items.data() ? "\n" : ",\n");
    for (std::size_t i = 0; i < columns.size(); ++i) cells[i] = columns[i].value(item);
    table::write_json(out, keys, cells);
  }
  out << (items.empty() ? "]" : "\n]");
}

template <typename T>
void write(std::ostream& out, std::span<const Column<T>> columns,
           std::span<const std::type_identity_t<T>> items, Format format) {
  switch (format) {
    case Format::table:
      return PeoplesTable<T>(columns, items).write_aligned(out);
    case Format::markdown:
      return PeoplesTable<T>(columns, items).write_markdown(out);
    case Format::csv:
      return write_csv<T>(out, columns, items);
    case Format::json:
      write_json<T>(out, columns, items);
      out << '\n';
  }
}

}  // namespace derate
