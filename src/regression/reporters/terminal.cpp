// SPDX-License-Identifier: Apache-2.0
// A comparison on a terminal: the sentence that matters, then what is wrong, worst first, each with
// its reason under it; what is unchanged is one line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_text.h"

namespace derate::outputs {
namespace {

constexpr std::size_t kWidth = 108;
constexpr std::size_t kShortestName = 24;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Heading and one line for each row, aligned, with names of at most `widest_name`.
std::vector<std::string> table_lines(std::span<const Judgement> rows, std::size_t widest_name) {
  std::vector<Column<Judgement>> shown(columns().begin(), columns().end());
  const bool clocks = std::any_of(rows.begin(), rows.end(), [](const Judgement& row) {
    return std::isfinite(row.change_cycles.value);
  });
  if (clocks) {
    std::find_if(shown.begin(), shown.end(), [](const Column<Judgement>& column) {
      return column.name == "change_cycles";
    })->heading = "in cycles";
  }
  std::ostringstream out;
  PeoplesTable<Judgement>(shown, rows).write_aligned(out, widest_name);
  return lines_of(out.str());
}

/// The rows with names so short that the lines fit; whether a name was shortened.
struct Fitted {
  std::vector<std::string> lines;
  std::vector<bool> is_short;
};

Fitted fitted(std::span<const Judgement> rows) {
  std::vector<std::size_t> names;
  for (const Judgement& row : rows) {
    names.push_back(fit_text::width(safe_text::for_terminal(row.benchmark)));
  }
  // Nothing longer than the whole width fits.
  Fitted result{table_lines(rows, kWidth), std::vector<bool>(rows.size())};
  std::size_t width = 0;
  for (const std::string& line : result.lines) width = std::max(width, fit_text::width(line));
  if (width <= kWidth) return result;
  const std::size_t longest = std::min(kWidth, *std::max_element(names.begin(), names.end()));
  const std::size_t too_much = width - kWidth;
  const std::size_t most = longest > too_much + kShortestName ? longest - too_much : kShortestName;
  for (std::size_t i = 0; i < rows.size(); ++i) result.is_short[i] = names[i] > most;
  result.lines = table_lines(rows, most);
  return result;
}

void write_paragraph(std::string& out, const std::string& text, std::size_t indent) {
  for (const std::string& line :
       fit_text::wrapped(safe_text::for_terminal(text), kWidth - indent)) {
    out.append(indent, ' ').append(line).append("\n");
  }
}

}  // namespace

std::string terminal_text(const Comparison& comparison, bool all) {
  std::vector<Judgement> rows = in_order(comparison);
  const std::string unchanged = unchanged_text(comparison);
  if (!all) std::erase_if(rows, [](const Judgement& j) { return j.verdict == Verdict::unchanged; });
  std::string out;
  write_paragraph(out, headline(comparison), 0);
  if (count(comparison, Verdict::regression) > 0) {
    const std::string others = counts_text(comparison, Verdict::regression);
    if (!others.empty()) write_paragraph(out, "besides: " + others, 0);
  }
  write_paragraph(out, context_text(comparison), 0);
  if (!rows.empty()) {
    const Fitted table = fitted(rows);
    out += "\n  " + table.lines.front() + "\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == 0 || rows[i].verdict != rows[i - 1].verdict) {
        out.append(to_string(rows[i].verdict)).append("\n");
      }
      out += "  " + table.lines[i + 1] + "\n";
      if (table.is_short[i]) write_paragraph(out, rows[i].benchmark, 4);
      if (!rows[i].reason.empty() && rows[i].verdict != Verdict::unchanged) {
        write_paragraph(out, rows[i].reason, 4);
      }
    }
  }
  if (!all && !unchanged.empty()) out += "\n" + unchanged + " (--all lists them)\n";
  const std::vector<std::string> lines = notes(comparison);
  if (!lines.empty()) out += "\n";
  for (const std::string& line : lines) write_paragraph(out, line, 0);
  return out;
}

}  // namespace derate::outputs
