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
                  "CSV file with the columns m, n, k and seconds, measured on the device")
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
  return {device, *peaks,
          source_of(peak_of(device, Bound::compute, input.precision, Units::tensor)),
          source_of(peak_of(device, Bound::memory, input.precision)), std::move(table)};
}

}  // namespace derate::cli
