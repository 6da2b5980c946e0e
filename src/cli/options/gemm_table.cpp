// SPDX-License-Identifier: Apache-2.0
// Options --gemm-table, --device and --precision; reads the table and looks up the peaks of the
// device.
#include "cli/options/gemm_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/standard_streams.h"
#include "cli/options/named_device.h"
#include "derate/error.h"
#include "hardware/peak.h"
#include "record/load.h"

namespace derate::cli {
namespace {

std::string source_of(const std::optional<Peak>& peak) {
  return peak ? peak->n_source
              : "not known, so this is assumed: η_m and the ideal roofline mean nothing";
}

/// How far the highest clock lies above the one that the peak is of.
double clock_reserve(const Device& device) {
  const auto& highest = device.clock_maximum_hz.value;
  const auto& specified = device.clock_specified_hz.value;
  return highest && specified ? std::max(1.0, *highest / *specified) : 1.0;
}

void add_precision(Command& command, Precision& precision) {
  const std::vector<std::string> words = product_precision_names();
  command
      .add_option_function(
          "--precision",
          [&precision](const std::string& word) { precision = *parse_precision(word); },
          fmt::format("format of the operands: {}", fmt::join(words, ", ")))
      .one_of(words)
      .default_text("bf16");
}

}  // namespace

void add_gemm_input(Command& command, GemmInput& input, bool required) {
  command
      .add_option("--gemm-table", input.table,
                  "table with the columns m, n, k and seconds (or time_us, latency, ...), "
                  "measured on the device")
      .required(required);
  command
      .add_option("--device", input.device,
                  "a device at hand (host, cuda:1) or a product (\"Tesla P40\", H200)")
      .required(required);
  add_precision(command, input.precision);
}

Gemms read_gemms(const GemmInput& input) {
  const Device device = find_device(input.device).device;
  const std::optional<GemmPeaks> peaks = gemm_peaks_of(device, input.precision);
  if (!peaks) {
    throw Error(ExitCode::usage, fmt::format("the peak in {} is unknown for {}",
                                             to_string(input.precision), device.name));
  }
  GemmTable table = read_gemm_table(input.table);
  warn_of(table.bad);
  if (table.columns.unit_is_assumed) {
    say("derate", fmt::format("{}: the column \"{}\" states no unit: taken as milliseconds",
                              input.table.string(), table.columns.names.back()));
  }
  leave_out_impossible(peaks->flop_per_s * clock_reserve(device), input.table.string(), table);
  if (!table.left_out.empty()) {
    say("derate", fmt::format("{}: {}", input.table.string(), table.left_out));
  }
  return {device, *peaks,
          source_of(peak_of(device, Bound::compute, input.precision, Units::tensor)),
          source_of(peak_of(device, Bound::memory, input.precision)), std::move(table)};
}

}  // namespace derate::cli
