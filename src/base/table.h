// SPDX-License-Identifier: Apache-2.0
// One table of columns, four formats. A column says once what it is called, what it means, and how
// its value reads for people and for machines. Rows are written as they are made, so that a report
// of 100,000 rows costs no more memory than its rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/fit_text.h"
#include "base/line_width.h"
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

/// How a table gives way where there is too little room for it: text is cut to the shortest that
/// still says what is meant, then columns are left out. Where those named do not suffice text is
/// cut further, then figures stand without their intervals, then the others go, from the right, but
/// for one.
struct Narrowing {
  /// Names of columns, by how much they matter; a table need not have all of them.
  std::span<const std::string_view> least_first = {};
  std::size_t shortest_text = 12;
};

/// A column that is to be fitted.
struct Extent {
  std::string_view name;
  std::string_view heading;
  bool is_number = false;  ///< a number is never cut
  std::size_t full = 0;    ///< width of its widest cell, heading included
  std::size_t brief = 0;   ///< of a number's, without intervals
};

/// "80.0 %" of "80.0 % [75.0, 85.0]".
[[nodiscard]] std::string_view without_interval(std::string_view text);

/// What there is room for.
struct Fit {
  std::vector<std::size_t> shown;  ///< places in the list of columns, from the left
  Widths widths;                   ///< of these; what is wider is cut in the middle
  bool has_intervals = true;       ///< otherwise numbers go without_interval()
  std::string left_out;            ///< a sentence, empty where all are shown
};
[[nodiscard]] Fit fit(std::span<const Extent> columns, const Narrowing& narrowing,
                      std::size_t width, std::size_t indent);

[[nodiscard]] bool is_number(const Value& value);
[[nodiscard]] std::string as_text(const Value& value);
/// As a cell on a terminal: cut in the middle where it is so long that it would pad the whole
/// column to its width.
[[nodiscard]] std::string cell_for_terminal(std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);

/// Cells that are safe, padded or cut to the widths, numbers to the right.
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
  PeoplesTable(std::span<const Column<T>> columns, std::span<const T> items,
               const table::Narrowing& narrowing = {})
      : items_(items), narrowing_(narrowing) {
    for (const Column<T>& column : columns) {
      if (column.heading.empty()) continue;
      columns_.push_back(&column);
      headings_.emplace_back(column.heading);
      right_.push_back(!items.empty() && table::is_number(column.value(items.front())));
    }
  }

  /// Returns what has no room in lines of that width, as a sentence.
  std::string write_aligned(std::ostream& out, std::size_t width = kAnyWidth,
                            std::size_t indent = 0) const {
    const table::Fit fit = table::fit(extents(), narrowing_, width, indent);
    const std::string margin(indent, ' ');
    std::vector<bool> right;
    for (const std::size_t place : fit.shown) right.push_back(right_[place]);
    std::vector<std::string> cells(fit.shown.size());
    const auto write_line = [&](const auto& text_at) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string text = text_at(fit.shown[i]);
        const bool is_brief = right[i] && !fit.has_intervals;
        cells[i] = is_brief ? table::without_interval(text) : text;
      }
      out << margin;
      table::write_aligned(out, cells, fit.widths, right);
    };
    write_line([&](std::size_t place) { return headings_[place]; });
    for (const T& item : items_) write_line([&](std::size_t place) { return cell(place, item); });
    return fit.left_out;
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

  [[nodiscard]] std::string cell(std::size_t place, const T& item) const {
    return table::cell_for_terminal(text_of(*columns_[place], item));
  }

  [[nodiscard]] std::vector<table::Extent> extents() const {
    std::vector<table::Extent> extents;
    const auto widen = [&](std::size_t place, const std::string& text) {
      table::Extent& extent = extents[place];
      extent.full = std::max(extent.full, fit_text::width(text));
      extent.brief = std::max(extent.brief, fit_text::width(table::without_interval(text)));
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      extents.push_back({columns_[i]->name, headings_[i], right_[i]});
      widen(i, headings_[i]);
    }
    for (const T& item : items_) {
      for (std::size_t i = 0; i < extents.size(); ++i) widen(i, cell(i, item));
    }
    return extents;
  }

  std::span<const T> items_;
  table::Narrowing narrowing_;
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

/// A table has the width of the stream's lines.
template <typename T>
void write(std::ostream& out, std::span<const Column<T>> columns,
           std::span<const std::type_identity_t<T>> items, Format format,
           const table::Narrowing& narrowing = {}) {
  switch (format) {
    case Format::table: {
      const PeoplesTable<T> table(columns, items, narrowing);
      const std::string left_out = table.write_aligned(out, line_width(out));
      if (!left_out.empty()) write_paragraph(out, left_out);
      return;
    }
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
