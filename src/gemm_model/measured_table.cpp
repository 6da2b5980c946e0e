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
#include "derate/error.h"

namespace derate {
namespace {

constexpr std::array<std::string_view, 4> kColumns = {"m", "n", "k", "seconds"};
constexpr double kLargestExtent = 1e9;  // of operands that no memory holds
// Nothing begins and ends within a cycle of a clock, and nobody waits for longer than this.
constexpr double kShortest_s = 1e-12;
constexpr double kLongest_s = 1e9;

/// Which field of a line each of kColumns is.
using Places = std::array<std::size_t, kColumns.size()>;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// No field of such a table holds a comma, so quotes are no more than decoration.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Places places_of(std::string_view header, const std::string& file) {
  if (header.starts_with("\xEF\xBB\xBF")) header.remove_prefix(3);  // a byte order mark
  std::vector<std::string_view> names;
  split(header, names);
  Places places{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), kColumns[i]);
    if (found == names.end()) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}: line 1 names no column \"{}\"; a table of matrix products has "
                              "the columns m, n, k and seconds",
                              file, kColumns[i]));
    }
    if (std::count(found, names.end(), kColumns[i]) > 1) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}: line 1 names the column \"{}\" twice", file, kColumns[i]));
    }
    places[i] = static_cast<std::size_t>(found - names.begin());
  }
  return places;
}

/// Empty when `sample` could be read, or else why not.
std::string read_row(const std::vector<std::string_view>& fields, const Places& places,
                     GemmSample& sample) {
  std::array<double, kColumns.size()> values{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (places[i] >= fields.size()) return fmt::format("{} is missing", kColumns[i]);
    const std::string_view text = fields[places[i]];
    const std::optional<double> value = number(text);
    const bool extent = kColumns[i] != "seconds";
    if (!value) return fmt::format("{} is no number: \"{}\"", kColumns[i], fit_text::echoed(text));
    if (extent && !(*value >= 1 && *value <= kLargestExtent && std::floor(*value) == *value)) {
      return fmt::format("{} is not a whole number from 1 to {:g}: {}", kColumns[i], kLargestExtent,
                         fit_text::echoed(text));
    }
    if (!extent && !(*value >= kShortest_s && *value <= kLongest_s)) {
      return fmt::format("seconds are not from {:g} to {:g}: {}", kShortest_s, kLongest_s,
                         fit_text::echoed(text));
    }
    values[i] = *value;
  }
  const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(values[i]); };
  sample = {{whole(0), whole(1), whole(2)}, values[3]};
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
  if (!in.read_line(line)) refuse(file + " is empty");
  const Places places = places_of(line, file);
  GemmTable table;
  std::vector<GemmSample> rows;
  std::vector<std::string_view> fields;
  while (in.read_line(line)) {
    if (in.line() > kMostGemmRows) {
      refuse(fmt::format("{} has more than {} lines", file, kMostGemmRows));
    }
    if (trimmed(line).empty()) continue;
    split(line, fields);
    GemmSample sample;
    const std::string reason = read_row(fields, places, sample);
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

}  // namespace derate
