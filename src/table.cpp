// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "overloaded.h"

namespace derate::table {
namespace {

std::string csv_field(std::string text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// Ten significant digits: more than any measurement has.
std::string machine_number(double number) { return fmt::format("{:.10g}", number); }

}  // namespace

std::string as_text(const Value& value) {
  return std::visit(Overloaded{[](const std::string& text) { return text; },
                               [](double number) {
                                 return std::isnan(number) ? std::string("–")
                                                           : fmt::format("{:g}", number);
                               },
                               [](std::int64_t number) { return std::to_string(number); }},
                    value);
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void append_aligned(std::string& out, std::span<const std::vector<std::string>> lines,
                    std::span<const bool> right) {
  std::vector<std::size_t> widths(right.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width(line[i]), ' ');
      if (i > 0) text += "  ";
      text += right[i] ? padding + line[i] : line[i] + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
}

void append_markdown(std::string& out, std::span<const std::string> cells) {
  for (const std::string& cell : cells) {
    out += "| ";
    for (const char c : cell) out += c == '|' ? std::string("\\|") : std::string(1, c);
    out += ' ';
  }
  out += "|\n";
}

void append_csv(std::string& out, std::span<const Value> cells) {
  for (const Value& cell : cells) {
    if (&cell != cells.data()) out += ',';
    out += std::visit(Overloaded{[](const std::string& text) { return csv_field(text); },
                                 [](double number) {
                                   return std::isfinite(number) ? machine_number(number)
                                                                : std::string();
                                 },
                                 [](std::int64_t number) { return std::to_string(number); }},
                      cell);
  }
  out += '\n';
}

std::string json_string(std::string_view text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_json_member(std::string& out, std::string_view key, const Value& value) {
  out += json_string(key) + ": ";
  out += std::visit(Overloaded{[](const std::string& text) { return json_string(text); },
                               [](double number) {
                                 return std::isfinite(number) ? machine_number(number)
                                                              : std::string("null");
                               },
                               [](std::int64_t number) { return std::to_string(number); }},
                    value);
}

}  // namespace derate::table
