// SPDX-License-Identifier: Apache-2.0
// Reads the CSV by the names of its columns, leaves out lines that make no sense (with the reason),
// and merges rows of one shape into their median.
#include "gemm_model/measured_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/units.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr double kLargestExtent = 1e9;  // of operands that no memory holds
// Nothing begins and ends within a cycle of a clock, and nobody waits for longer than this.
constexpr double kShortest_s = 1e-12;
constexpr double kLongest_s = 1e9;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Empty when `sample` could be read, or else why not.
std::string read_row(const std::vector<std::string_view>& fields, const GemmColumns& columns,
                     GemmSample& sample) {
  constexpr std::size_t kTime = 3;
  std::array<double, kTime + 1> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& name = columns.names[i];
    if (columns.places[i] >= fields.size()) return fmt::format("{} is missing", name);
    const std::string_view text = fields[columns.places[i]];
    const std::optional<double> value = number(text);
    if (!value) return fmt::format("{} is no number: \"{}\"", name, fit_text::echoed(text));
    if (i < kTime && !(*value >= 1 && *value <= kLargestExtent && std::floor(*value) == *value)) {
      return fmt::format("{} is not a whole number from 1 to {:g}: {}", name, kLargestExtent,
                         fit_text::echoed(text));
    }
    values[i] = *value;
  }
  const double time_s = values[kTime] * columns.seconds_per_unit;
  if (!(time_s >= kShortest_s && time_s <= kLongest_s)) {
    const std::string& name = columns.names[kTime];
    return fmt::format("{} not from {:g} to {:g}{}: {}",
                       name == "seconds" ? "seconds are" : name + " is", kShortest_s, kLongest_s,
                       name == "seconds" ? "" : " s",
                       fit_text::echoed(fields[columns.places[kTime]]));
  }
  const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(values[i]); };
  sample = {{whole(0), whole(1), whole(2)}, time_s};
  return {};
}

auto key(const GemmShape& shape) { return std::tuple(shape.m, shape.n, shape.k); }

/// One sample a shape, with the median of its times, where the shape stood first.
std::vector<GemmSample> merged(const std::vector<GemmSample>& rows) {
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(key(rows[a].shape), a) < std::pair(key(rows[b].shape), b);
  });
  std::vector<std::pair<std::size_t, double>> kept;  // first row and time
  std::vector<double> times;
  for (std::size_t i = 0; i < order.size();) {
    const std::size_t first = order[i];
    times.clear();
    for (; i < order.size() && key(rows[order[i]].shape) == key(rows[first].shape); ++i) {
      times.push_back(rows[order[i]].time_s);
    }
    kept.emplace_back(first, median(times));
  }
  std::sort(kept.begin(), kept.end());
  std::vector<GemmSample> samples;
  samples.reserve(kept.size());
  for (const auto& [row, time_s] : kept) samples.push_back({rows[row].shape, time_s});
  return samples;
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ExitCode::invalid_input, sentence);
}

}  // namespace

GemmTable read_gemm_table(const std::filesystem::path& path) {
  InputFile in(path);
  const std::string& file = in.name();
  std::string line;
  const auto next = [&] {
    while (in.read_line(line)) {
      if (in.line() > kMostGemmRows) {
        refuse(fmt::format("{} has more than {} lines", file, kMostGemmRows));
      }
      const std::size_t first = line.find_first_not_of(" \t\r\"");
      if (first != std::string::npos && line[first] != '#') return true;
    }
    return false;
  };
  if (!next()) refuse(file + " is empty");
  GemmTable table;
  table.columns = gemm_columns_of(line, file, in.line());
  std::vector<GemmSample> rows;
  std::vector<std::string_view> fields;
  while (next()) {
    split_row(line, table.columns.separator, fields);
    GemmSample sample;
    const std::string reason = read_row(fields, table.columns, sample);
    if (reason.empty()) {
      rows.push_back(sample);
    } else {
      table.bad.push_back({file, in.line(), reason});
    }
  }
  if (rows.empty()) {
    refuse(table.bad.empty() ? file + " has no row"
                             : fmt::format("{} has no good row; line {}: {}", file,
                                           table.bad.front().line, table.bad.front().reason));
  }
  table.rows = static_cast<std::int64_t>(rows.size());
  table.samples = merged(rows);
  return table;
}

void leave_out_impossible(double most_flop_per_s, const std::string& file, GemmTable& table) {
  std::optional<GemmSample> fastest;
  const auto rate = [](const GemmSample& each) { return gemm_flop(each.shape) / each.time_s; };
  const auto impossible = [&](const GemmSample& each) {
    if (!(rate(each) > most_flop_per_s)) return false;
    if (!fastest || rate(each) > rate(*fastest)) fastest = each;
    return true;
  };
  const std::size_t shapes = table.samples.size();
  const std::size_t found = std::erase_if(table.samples, impossible);
  if (found == 0) return;
  const std::string sentence =
      fmt::format("{} of {} shapes are faster than the peak of {}, the most {} x {} x {} with {}",
                  found, shapes, format_flops(most_flop_per_s), fastest->shape.m, fastest->shape.n,
                  fastest->shape.k, format_flops(rate(*fastest)));
  if (2 * found > shapes) {
    refuse(fmt::format("{}: {}: are its times in {}?", file, sentence,
                       table.columns.seconds_per_unit == 1 ? "seconds, and of one product"
                                                           : "the unit that its heading states"));
  }
  table.left_out = sentence + ": suspect, and left out";
}

}  // namespace derate
