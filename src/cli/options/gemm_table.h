// SPDX-License-Identifier: Apache-2.0
// What commands share that learn from a table of measured matrix products.
#pragma once

#include <filesystem>
#include <string>

#include "base/command_line.h"
#include "derate/device.h"
#include "derate/gemm_model.h"
#include "gemm_model/measured_table.h"

namespace derate::cli {

struct GemmInput {
  std::filesystem::path table;
  std::string device;
  Precision precision = Precision::bf16;
};

/// --gemm-table and --device, both needed unless something else may stand for them; --precision.
void add_gemm_input(Command& command, GemmInput& input, bool required = true);

struct Gemms {
  Device device;
  GemmPeaks peaks;
  std::string compute_source;  ///< of the peaks, for people
  std::string memory_source;
  GemmTable table;
};

/// Reads the table, and names rows that are invalid on standard error. Throws Error.
[[nodiscard]] Gemms read_gemms(const GemmInput& input);

}  // namespace derate::cli
