// SPDX-License-Identifier: Apache-2.0
// A comparison as Markdown, for a pull request or a job's summary, which has a greatest size.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <vector>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_text.h"

namespace derate {
namespace outputs {
namespace {

constexpr std::size_t kLongestCell = 1000;
constexpr std::size_t kMostRemarks = 50;

/// What is very long is shortened, so that one text does not take the whole summary.
std::string inline_text(std::string_view text) {
  return safe_text::for_markdown(fit_text::shortened_with_hash(text, kLongestCell));
}

/// Names hold what Markdown and HTML would swallow: BM_Copy<int>, a_b_c.
std::string code(std::string_view name) {
  return safe_text::for_markdown_code(fit_text::shortened_with_hash(name, kLongestCell));
}

std::vector<Column<Judgement>> shown_columns(std::span<const Judgement> rows) {
  std::vector<Column<Judgement>> shown = columns_of(rows);
  for (Column<Judgement>& column : shown) {
    if (column.name == "benchmark") {
      column.markdown = [](const Judgement& j) { return code(j.benchmark); };
    } else if (column.name == "verdict") {
      column.heading = "verdict";
      column.markdown = [](const Judgement& j) {
        const bool bold = j.verdict == Verdict::regression || j.verdict == Verdict::invalid;
        return bold ? fmt::format("**{}**", to_string(j.verdict))
                    : std::string(to_string(j.verdict));
      };
    } else if (column.name == "reason") {
      column.heading = "why";
      column.markdown = [](const Judgement& j) { return inline_text(j.reason); };
    }
  }
  return shown;
}

std::string head_text(const Comparison& comparison) {
  std::string out = "### " + inline_text(headline(comparison)) + "\n\n";
  const std::string others = counts_text(comparison, Verdict::regression);
  if (count(comparison, Verdict::regression) > 0 && !others.empty()) {
    out += "besides: " + others + "  \n";
  }
  return out + inline_text(context_text(comparison)) + "\n";
}

std::string notes_text(const Comparison& comparison) {
  const std::vector<std::string> lines = notes(comparison);
  std::string out;
  for (std::size_t i = 0; i < std::min(lines.size(), kMostRemarks); ++i) {
    out += "- " + inline_text(lines[i]) + "\n";
  }
  if (lines.size() > kMostRemarks) {
    out += fmt::format("- and {} more\n", lines.size() - kMostRemarks);
  }
  return out.empty() ? out : "\n" + out;
}

/// Heading and rule, then a line for each row.
std::vector<std::string> table_lines(std::span<const Judgement> rows) {
  const std::vector<Column<Judgement>> shown = shown_columns(rows);
  std::ostringstream out;
  PeoplesTable<Judgement>(shown, rows).write_markdown(out);
  std::vector<std::string> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

}  // namespace

std::string markdown_text(const Comparison& comparison, bool all, std::size_t most_bytes) {
  std::vector<Judgement> rows = in_order(comparison);
  const std::string unchanged = unchanged_text(comparison);
  if (!all) std::erase_if(rows, [](const Judgement& j) { return j.verdict == Verdict::unchanged; });
  const auto left_out = [](std::size_t n) {
    return n == 0 ? std::string()
                  : fmt::format(
                        "\n{} of the rows {} left out, to stay within the size that is "
                        "allowed here.\n",
                        n, n == 1 ? "is" : "are");
  };
  std::string out = head_text(comparison);
  std::string end = notes_text(comparison);
  if (!all && !unchanged.empty()) end.insert(0, "\n" + unchanged + "\n");
  const std::size_t reserved = left_out(std::numeric_limits<std::size_t>::max()).size();
  if (out.size() + end.size() + reserved > most_bytes) end.clear();
  if (out.size() + reserved > most_bytes) return {};
  std::size_t written = 0;
  if (!rows.empty()) {
    const std::vector<std::string> lines = table_lines(rows);
    std::string body = "\n" + lines[0] + lines[1];
    while (written < rows.size() &&
           out.size() + body.size() + lines[written + 2].size() + end.size() + reserved <=
               most_bytes) {
      body += lines[written++ + 2];
    }
    if (written > 0) out += body;
  }
  return out + left_out(rows.size() - written) + end;
}

}  // namespace outputs

std::string job_summary(const Comparison& comparison, std::size_t most_bytes) {
  constexpr std::size_t kManyRows = 60;  // hundreds of unchanged ones are no summary
  return outputs::markdown_text(comparison, comparison.judgements.size() <= kManyRows, most_bytes);
}

}  // namespace derate
