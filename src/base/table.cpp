// SPDX-License-Identifier: Apache-2.0
// Lines of a table, and alignment by the number of characters, not bytes.
#include "base/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/overloaded.h"

namespace derate::table {
namespace {

void append_json(std::string& line, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '#';
  });
  if (plain) {
    line += '"';
    line += text;
    line += '"';
  } else {
    line += json_string(text);
  }
}

/// Ten significant digits: more than any measurement has.
void append_number(std::string& line, double number, std::string_view unknown) {
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(line), "{:.10g}", number);
  } else {
    line += unknown;
  }
}

void write_line(std::ostream& out, std::string& line) {
  line += '\n';
  out.write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace

bool is_number(const Value& value) {
  return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
}

std::string cell_for_terminal(std::string_view text) {
  return fit_text::shortened_with_hash(safe_text::for_terminal(text), kWidestCell);
}

std::string as_text(const Value& value) {
  return std::visit(Overloaded{[](std::string_view text) { return std::string(text); },
                               [](double number) {
                                 return std::isnan(number) ? std::string("–")
                                                           : fmt::format("{:g}", number);
                               },
                               [](std::int64_t number) { return std::to_string(number); },
                               [](bool yes) { return std::string(yes ? "yes" : "no"); }},
                    value);
}

std::string json_string(std::string_view text) { return dumped(text); }

void write_aligned(std::ostream& out, std::span<const std::string> cells, const Widths& widths,
                   const std::vector<bool>& right) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - fit_text::width(cells[i]), ' ');
    if (i > 0) line += "  ";
    if (right[i]) line += padding;
    line += cells[i];
    if (!right[i]) line += padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  write_line(out, line);
}

void write_markdown(std::ostream& out, std::span<const std::string> cells) {
  std::string line;
  for (const std::string& cell : cells) {
    line.append("| ").append(cell).append(" ");
  }
  line += '|';
  write_line(out, line);
}

void write_csv(std::ostream& out, std::span<const Value> cells) {
  std::string line;
  for (const Value& cell : cells) {
    if (&cell != cells.data()) line += ',';
    std::visit(Overloaded{[&](std::string_view text) { line += safe_text::for_csv(text); },
                          [&](double number) { append_number(line, number, ""); },
                          [&](std::int64_t number) { line += std::to_string(number); },
                          [&](bool yes) { line += yes ? "true" : "false"; }},
               cell);
  }
  write_line(out, line);
}

void write_json(std::ostream& out, std::span<const std::string> keys,
                std::span<const Value> cells) {
  std::string line = "{";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ", ";
    line += keys[i];
    line += ": ";
    std::visit(Overloaded{[&](std::string_view text) { append_json(line, text); },
                          [&](double number) { append_number(line, number, "null"); },
                          [&](std::int64_t number) { line += std::to_string(number); },
                          [&](bool yes) { line += yes ? "true" : "false"; }},
               cells[i]);
  }
  line += '}';
  out.write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace derate::table

namespace derate {

std::optional<Format> parse_format(std::string_view word) {
  if (word == "table") return Format::table;
  if (word == "markdown") return Format::markdown;
  if (word == "csv") return Format::csv;
  if (word == "json") return Format::json;
  return std::nullopt;
}

}  // namespace derate
