// SPDX-License-Identifier: Apache-2.0
// Lines of a table, aligned by the number of characters, not bytes, and what of it there is room
// for.
#include "base/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

constexpr std::string_view kGap = "  ";

/// Of a text that is still to be told from others, where nothing more can be left out.
constexpr std::size_t kBarelyText = 6;

std::size_t shortest(const Extent& column, std::size_t shortest_text) {
  const bool is_heading_whole = shortest_text > kBarelyText;
  const std::size_t heading = is_heading_whole ? fit_text::width(column.heading) : 0;
  return std::min(column.full, std::max(heading, shortest_text));
}

/// The columns that are still shown, in what room there is.
class Fitting {
 public:
  Fitting(std::span<const Extent> columns, std::size_t shortest_text)
      : columns_(columns), shown_(columns.size()), shortest_text_(shortest_text) {
    std::iota(shown_.begin(), shown_.end(), std::size_t{0});
  }

  [[nodiscard]] const std::vector<std::size_t>& shown() const { return shown_; }
  [[nodiscard]] std::span<const std::string_view> left_out() const { return left_out_; }
  [[nodiscard]] bool has_intervals() const { return has_intervals_; }

  /// Width of a column where text is cut to `most`, but no further than to the shortest.
  [[nodiscard]] std::size_t width(std::size_t place, std::size_t most) const {
    const Extent& column = columns_[place];
    if (column.is_number) return has_intervals_ ? column.full : column.brief;
    return std::max(shortest(column, shortest_text_), std::min(column.full, most));
  }
  [[nodiscard]] std::size_t room(std::size_t most) const {
    std::size_t sum = kGap.size() * (shown_.size() - 1);
    for (const std::size_t place : shown_) sum += width(place, most);
    return sum;
  }

  void leave_out_named(std::span<const std::string_view> least_first, std::size_t wanted) {
    for (const std::string_view name : least_first) {
      if (shown_.size() == 1 || room(0) <= wanted) return;
      const auto found = std::find_if(shown_.begin(), shown_.end(), [&](std::size_t place) {
        return columns_[place].name == name;
      });
      if (found != shown_.end()) leave_out(found);
    }
  }
  void leave_out_others(std::size_t wanted) {
    if (room(0) > wanted) shortest_text_ = kBarelyText;
    if (room(0) > wanted) leave_out_intervals();
    while (shown_.size() > 1 && room(0) > wanted) leave_out(shown_.end() - 1);
  }

 private:
  void leave_out_intervals() {
    has_intervals_ = false;
    const bool any = std::any_of(shown_.begin(), shown_.end(), [&](std::size_t place) {
      return columns_[place].is_number && columns_[place].brief < columns_[place].full;
    });
    if (any) left_out_.push_back("intervals");
  }
  void leave_out(std::vector<std::size_t>::iterator place) {
    left_out_.push_back(columns_[*place].heading);
    shown_.erase(place);
  }

  std::span<const Extent> columns_;
  std::vector<std::size_t> shown_;
  std::size_t shortest_text_;
  bool has_intervals_ = true;
  std::vector<std::string_view> left_out_;
};

std::string sentence_on(std::span<const std::string_view> headings, std::size_t full) {
  if (headings.empty()) return {};
  return fmt::format("not shown for want of width: {} (COLUMNS={} shows {})",
                     fmt::join(headings, ", "), full, headings.size() == 1 ? "it" : "them");
}

}  // namespace

std::string_view without_interval(std::string_view text) { return text.substr(0, text.find(" [")); }

Fit fit(std::span<const Extent> columns, const Narrowing& narrowing, std::size_t width,
        std::size_t indent) {
  Fitting fitting(columns, narrowing.shortest_text);
  const std::size_t full = indent + fitting.room(kWidestCell);
  const std::size_t wanted = width - std::min(width, indent);
  fitting.leave_out_named(narrowing.least_first, wanted);
  fitting.leave_out_others(wanted);
  std::size_t most = std::min(wanted, kWidestCell);
  while (most > 0 && fitting.room(most) > wanted) --most;
  Fit fit = {fitting.shown(), {}, fitting.has_intervals(), sentence_on(fitting.left_out(), full)};
  for (const std::size_t place : fit.shown) {
    fit.widths.push_back(std::min(wanted, fitting.width(place, most)));
  }
  return fit;
}

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
    const std::string cell = fit_text::shortened(cells[i], widths[i]);
    const std::string padding(widths[i] - fit_text::width(cell), ' ');
    if (i > 0) line += kGap;
    if (right[i]) line += padding;
    line += cell;
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
