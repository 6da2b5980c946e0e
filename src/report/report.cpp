// SPDX-License-Identifier: Apache-2.0
// Splits the rows by device and writes notes, table and side-by-side comparison for people, or all
// rows in one table for machines.
#include "derate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "base/safe_text.h"
#include "record/rows_by_device.h"
#include "record/side_by_side.h"
#include "report/report_columns.h"
#include "report/report_notes.h"

namespace derate {
namespace {

const Context& context_of(DeviceRows device) { return *device.front().context; }

std::string name_of(const Context& context) {
  return fmt::format(
      "{} ({}{})", context.device_name,
      context.device_architecture.empty() ? "unknown architecture" : context.device_architecture,
      context.backend == "host" ? "" : fmt::format(", GPU {}", context.device_index));
}

std::string bad_line_text(const BadLine& bad) {
  return fmt::format("{}:{}: {}", bad.file, bad.line, bad.reason);
}

void write_list(std::ostream& out, std::span<const std::string> sentences, Format format) {
  const std::string_view bullet = format == Format::markdown ? "- " : "  ";
  for (const std::string& sentence : sentences) {
    out << bullet << safe_text::for_people(sentence, format) << '\n';
  }
}

/// Nothing where nothing was measured side by side.
void write_side_by_side(std::ostream& out, DeviceRows device, Format format) {
  const std::vector<SideBySide> comparisons = compare_side_by_side(device);
  if (comparisons.empty()) return;
  const bool markdown = format == Format::markdown;
  out << (markdown ? "### Side by side\n\n" : "Side by side: ")
      << "own ÷ library, interleaved sample by sample on the same operands\n\n";
  write(out, side_by_side_columns(), comparisons, format);
  out << '\n';
  const std::vector<std::string> lines = side_by_side_sentences(comparisons);
  write_list(out, lines, format);
  if (!lines.empty()) out << '\n';
}

constexpr std::size_t kBadLinesShown = 20;

void write_for_people(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                      Format format, std::span<const Column<Row>> columns) {
  const bool markdown = format == Format::markdown;
  if (markdown) out << "# derate report\n\n";
  std::string_view gap;
  for (const DeviceRows device : by_device(rows)) {
    const Context& context = context_of(device);
    out << gap << (markdown ? "## " : "") << safe_text::for_people(name_of(context), format)
        << '\n';
    if (markdown) out << '\n';
    write_list(out, report_notes::of_device(device), format);
    out << '\n';
    write(out, columns, device, format);
    out << '\n';
    const std::vector<std::string> lines = report_notes::of_rows(device);
    write_list(out, lines, format);
    if (!lines.empty()) out << '\n';
    write_side_by_side(out, device, format);
    out << safe_text::for_people(conclusion(device), format) << '\n';
    gap = "\n";
  }
  if (bad.empty()) return;
  out << fmt::format("\n{} unreadable line(s) left out:\n\n", bad.size());
  std::vector<std::string> lines;
  for (const BadLine& line : bad.first(std::min(bad.size(), kBadLinesShown))) {
    lines.push_back(bad_line_text(line));
  }
  if (bad.size() > kBadLinesShown) lines.emplace_back("...");
  write_list(out, lines, format);
}

void write_for_machines(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                        std::span<const Column<Row>> columns) {
  out << "{\n\"conclusions\": [";
  std::string_view comma = "\n";
  for (const DeviceRows device : by_device(rows)) {
    out << comma << table::json_string(conclusion(device));
    comma = ",\n";
  }
  out << "\n],\n\"unreadable_lines\": [";
  comma = "\n";
  for (const BadLine& line : bad) {
    out << comma << table::json_string(bad_line_text(line));
    comma = ",\n";
  }
  out << "\n],\n\"rows\": ";
  write_json(out, columns, rows);
  std::vector<SideBySide> comparisons;
  for (const DeviceRows device : by_device(rows)) {
    for (const SideBySide& each : compare_side_by_side(device)) comparisons.push_back(each);
  }
  out << ",\n\"side_by_side\": ";
  write_json(out, side_by_side_columns(), std::span<const SideBySide>(comparisons));
  out << "\n}\n";
}

template <typename T>
void document(std::ostream& out, std::span<const Column<T>> columns) {
  const std::array<std::string, 3> headings = {"column", "heading", "meaning"};
  table::write_markdown(out, headings);
  out << "| --- | --- | --- |\n";
  for (const Column<T>& column : columns) {
    table::write_markdown(out,
                          std::array{std::string("`").append(column.name).append("`"),
                                     std::string(column.heading), std::string(column.meaning)});
  }
}

}  // namespace

void write_report(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                  Format format) {
  const std::vector<Column<Row>> columns = report_columns_for(rows);
  if (format == Format::csv) return write_csv<Row>(out, columns, rows);
  if (format == Format::json) return write_for_machines(out, rows, bad, columns);
  write_for_people(out, rows, bad, format, columns);
}

std::string render_report(std::span<const Row> rows, std::span<const BadLine> bad, Format format) {
  std::ostringstream out;
  write_report(out, rows, bad, format);
  return out.str();
}

std::string document_report_columns() {
  std::ostringstream out;
  document(out, report_columns());
  out << "\nThose of the section \"Side by side\", in JSON the list `side_by_side`:\n\n";
  document(out, side_by_side_columns());
  return out.str();
}

}  // namespace derate
