// SPDX-License-Identifier: Apache-2.0
// Reads lines of comma-separated values into a map by device, workload, precision, problem or
// class of sizes, and mode.
#include "report/usual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <vector>

#include "base/csv.h"
#include "base/fit_text.h"
#include "base/input_file.h"
#include "derate/error.h"

namespace derate {
namespace embedded {
extern const std::string_view reference;
}
namespace {

constexpr std::array<std::string_view, 11> kReferenceColumns = {
    "device",   "workload", "precision",   "problem", "mode",   "eta_low",
    "eta_high", "devices",  "collections", "source",  "licence"};

/// One line, and where it stands.
struct ReferenceLine {
  const std::string& file;
  std::int64_t number;
  std::vector<std::string_view> fields;

  [[noreturn]] void refuse(std::string_view what) const {
    throw Error(ExitCode::invalid_input, fmt::format("{}, line {}: {}", file, number, what));
  }

  [[nodiscard]] double positive(std::size_t column) const {
    const std::string_view text = fields[column];
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value > 0 && value < 1e9)) {
      refuse(fmt::format("field \"{}\" is \"{}\", not a number above 0", kReferenceColumns[column],
                         fit_text::echoed(text)));
    }
    return value;
  }
};

std::string key_of(std::string_view device, std::string_view workload, std::string_view precision,
                   std::string_view problem, std::string_view mode) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", device, workload, precision, problem, mode);
}

Usual usual_of(const ReferenceLine& line) {
  const double figures = line.positive(8);
  Usual usual{line.positive(5), line.positive(6), static_cast<std::int64_t>(figures),
              std::string(line.fields[9])};
  if (usual.low > usual.high) line.refuse("field \"eta_low\" is above \"eta_high\"");
  return usual;
}

/// "a | b": several devices that share a line.
std::vector<std::string_view> devices_of(std::string_view text) {
  constexpr std::string_view kBetween = " | ";
  std::vector<std::string_view> devices;
  for (;;) {
    const std::size_t end = text.find(kBetween);
    devices.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return devices;
    text.remove_prefix(end + kBetween.size());
  }
}

}  // namespace

References::References(std::string_view text, const std::string& name) {
  bool has_header = false;
  each_csv_line(text, [&](int number, const std::vector<std::string_view>& fields) {
    const ReferenceLine line{name, number, fields};
    if (fields.size() != kReferenceColumns.size()) {
      line.refuse(fmt::format("{} fields, not {}: {}", fields.size(), kReferenceColumns.size(),
                              fmt::join(kReferenceColumns, ",")));
    }
    if (!has_header && fields[0] == kReferenceColumns[0]) {
      has_header = true;
      return;
    }
    const Usual usual = usual_of(line);
    for (const std::string_view device : devices_of(fields[0])) {
      usual_[key_of(device, fields[1], fields[2], fields[3], fields[4])] = usual;
    }
  });
}

const References& References::built_in() {
  static const References references(embedded::reference, "data/reference.csv");
  return references;
}

References References::of_file(const std::filesystem::path& path) {
  return References(text_of_file(path), fit_text::echoed(path.string()));
}

std::optional<Usual> References::usual(const Row& row) const {
  // Others measured products of libraries, and chains and streams of their own.
  const bool alike = (row.workload != "gemm" || row.provider != "derate") &&
                     row.data == "uniform" && row.cache == "cold" && row.devices_at_once == 1;
  if (!alike) return std::nullopt;
  for (const std::string& size : {row.problem, row.size_class}) {
    const auto found =
        usual_.find(key_of(row.context->device_name, row.workload, row.precision, size, row.mode));
    if (found != usual_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace derate
