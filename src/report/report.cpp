// SPDX-License-Identifier: Apache-2.0
// Splits the rows by device and writes notes, table and side-by-side comparison for people, or all
// rows in one table for machines.
#include "derate/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/line_width.h"
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
  const std::string bullet = format == Format::markdown ? "- " : "  ";
  for (const std::string& sentence : sentences) {
    write_paragraph(out, bullet + safe_text::for_people(sentence, format), format);
  }
}

/// Nothing where nothing was measured side by side.
void write_side_by_side(std::ostream& out, DeviceRows device, Format format) {
  const std::vector<SideBySide> comparisons = compare_side_by_side(device);
  if (comparisons.empty()) return;
  const bool markdown = format == Format::markdown;
  const std::string heading = markdown ? "### Side by side\n\n" : "Side by side: ";
  write_paragraph(out, heading + "own ÷ library, interleaved sample by sample on the same operands",
                  format);
  out << '\n';
  write(out, side_by_side_columns(), comparisons, format, side_by_side_narrowing());
  out << '\n';
  const std::vector<std::string> lines = side_by_side_sentences(comparisons);
  write_list(out, lines, format);
  if (!lines.empty()) out << '\n';
}

constexpr std::size_t kBadLinesShown = 20;
constexpr std::string_view kNotesColumn = "device_notes";

void write_for_people(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                      Format format, std::span<const Column<Row>> columns) {
  const bool markdown = format == Format::markdown;
  if (markdown) out << "# derate report\n\n";
  std::string_view gap;
  for (const DeviceRows device : by_device(rows)) {
    const Context& context = context_of(device);
    out << gap << (markdown ? "## " : "");
    write_sentence(out, name_of(context), format);
    if (markdown) out << '\n';
    write_list(out, report_notes::of_device(device), format);
    out << '\n';
    write(out, columns, device, format, report_narrowing());
    out << '\n';
    const std::vector<std::string> lines = report_notes::of_rows(device);
    write_list(out, lines, format);
    if (!lines.empty()) out << '\n';
    write_side_by_side(out, device, format);
    write_sentence(out, conclusion(device), format);
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

/// All sentences about a device that stand above and below its table.
std::vector<std::string> sentences(DeviceRows device) {
  std::vector<std::string> all = report_notes::of_device(device);
  for (std::string& each : report_notes::of_rows(device)) all.push_back(std::move(each));
  for (std::string& each : side_by_side_sentences(compare_side_by_side(device))) {
    all.push_back(std::move(each));
  }
  return all;
}

void write_devices(std::ostream& out, std::span<const Row> rows) {
  std::string_view comma = "\n";
  for (const DeviceRows device : by_device(rows)) {
    const Context& context = context_of(device);
    out << comma
        << dumped(nlohmann::ordered_json{{"backend", context.backend},
                                         {"device_index", context.device_index},
                                         {"device", context.device_name},
                                         {"device_id", context.device_id},
                                         {"driver", context.driver_version},
                                         {"notes", sentences(device)},
                                         {"conclusion", conclusion(device)}});
    comma = ",\n";
  }
}

void write_for_machines(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                        std::span<const Column<Row>> columns) {
  out << "{\n\"devices\": [";
  write_devices(out, rows);
  out << "\n],\n\"unreadable_lines\": [";
  std::string_view comma = "\n";
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

/// The sentences are a cell of each device's first row, since a hundred thousand rows would be
/// mostly them.
void write_as_csv(std::ostream& out, std::span<const Row> rows,
                  std::span<const Column<Row>> columns) {
  std::vector<Value> cells;
  for (const Column<Row>& column : columns) cells.emplace_back(column.name);
  cells.emplace_back(kNotesColumn);
  table::write_csv(out, cells);
  for (const DeviceRows device : by_device(rows)) {
    std::vector<std::string> notes = sentences(device);
    notes.push_back(conclusion(device));
    cells.back() = fmt::format("{}", fmt::join(notes, "; "));
    for (const Row& row : device) {
      for (std::size_t i = 0; i < columns.size(); ++i) cells[i] = columns[i].value(row);
      table::write_csv(out, cells);
      cells.back() = std::string_view();
    }
  }
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
  if (format == Format::csv) return write_as_csv(out, rows, columns);
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
  table::write_markdown(
      out, std::array{fmt::format("`{}`", kNotesColumn), std::string(),
                      std::string("CSV only: what the report says of the device, in its first row; "
                                  "in JSON the lists `notes` of `devices`")});
  out << "\nThose of the section \"Side by side\", in JSON the list `side_by_side`:\n\n";
  document(out, side_by_side_columns());
  return out.str();
}

}  // namespace derate
