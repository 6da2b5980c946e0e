// SPDX-License-Identifier: Apache-2.0
// A comparison on a terminal: the sentence that matters, then what is wrong, worst first, each with
// its reason under it; what is unchanged is one line.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_text.h"

namespace derate::outputs {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLogWidth = 108;  ///< of sentences; a log is no terminal
constexpr std::size_t kLogTableWidth = kLogWidth + kIndent;

constexpr std::array<std::string_view, 7> kJudgementLeastFirst = {
    "pairs",  "change_cycles", "base_wall_s", "detectable", "candidate_wall_s",
    "base_s", "candidate_s"};
constexpr table::Narrowing kNarrowing = {kJudgementLeastFirst, 24};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Heading and one line for each row, aligned, and what has no room in them.
struct TableLines {
  std::vector<std::string> lines;
  std::string left_out;
};

TableLines table_lines(std::span<const Judgement> rows, std::size_t width) {
  std::vector<Column<Judgement>> shown = columns_of(rows);
  const bool clocks = std::any_of(rows.begin(), rows.end(), [](const Judgement& row) {
    return std::isfinite(row.change_cycles.value);
  });
  if (clocks) {
    std::find_if(shown.begin(), shown.end(), [](const Column<Judgement>& column) {
      return column.name == "change_cycles";
    })->heading = "in cycles";
  }
  std::ostringstream out;
  std::string left_out =
      PeoplesTable<Judgement>(shown, rows, kNarrowing).write_aligned(out, width, kIndent);
  return {lines_of(out.str()), std::move(left_out)};
}

/// Whether the line has a shortened name.
bool is_short(std::string_view line, const Judgement& row) {
  return !line.substr(kIndent).starts_with(safe_text::for_terminal(row.benchmark));
}

/// Text in lines of one width.
class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void add_line(const std::string& safe) { text_ += safe + "\n"; }
  void add_paragraph(const std::string& text, std::size_t indent = 0) {
    for (const std::string& line :
         fit_text::wrapped(safe_text::for_terminal(text), width_ - indent)) {
      add_line(std::string(indent, ' ') + line);
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t width_;
  std::string text_;
};

/// Worst first, each with its reason under it.
void add_table(std::span<const Judgement> rows, std::size_t width, Page& page) {
  constexpr std::size_t kBelow = 4;
  const TableLines table = table_lines(rows, width);
  page.add_line("");
  page.add_line(table.lines.front());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Judgement& row = rows[i];
    const std::string& line = table.lines[i + 1];
    if (i == 0 || row.verdict != rows[i - 1].verdict) {
      page.add_line(std::string(to_string(row.verdict)));
    }
    page.add_line(line);
    if (is_short(line, row)) page.add_paragraph(row.benchmark, kBelow);
    if (!row.reason.empty() && row.verdict != Verdict::unchanged) {
      page.add_paragraph(row.reason, kBelow);
    }
  }
  if (!table.left_out.empty()) page.add_paragraph(table.left_out);
}

}  // namespace

std::string terminal_text(const Comparison& comparison, bool all, std::size_t width) {
  const std::size_t line_width = width == kAnyWidth ? kLogWidth : width;
  std::vector<Judgement> rows = in_order(comparison);
  const std::string unchanged = unchanged_text(comparison);
  if (!all) std::erase_if(rows, [](const Judgement& j) { return j.verdict == Verdict::unchanged; });
  Page page(line_width);
  page.add_paragraph(headline(comparison));
  if (count(comparison, Verdict::regression) > 0) {
    const std::string others = counts_text(comparison, Verdict::regression);
    if (!others.empty()) page.add_paragraph("besides: " + others);
  }
  page.add_paragraph(context_text(comparison));
  if (!rows.empty()) add_table(rows, width == kAnyWidth ? kLogTableWidth : width, page);
  if (!all && !unchanged.empty()) {
    page.add_line("");
    page.add_paragraph(unchanged + " (--all lists them)");
  }
  const std::vector<std::string> lines = notes(comparison);
  if (!lines.empty()) page.add_line("");
  for (const std::string& line : lines) page.add_paragraph(line);
  return page.text();
}

}  // namespace derate::outputs
