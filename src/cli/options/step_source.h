// SPDX-License-Identifier: Apache-2.0
// Where `derate estimate model` takes rates from: a calibration, or a table of matrix products.
#pragma once

#include <filesystem>
#include <string>

#include "base/command_line.h"
#include "derate/gemm_model.h"
#include "derate/work.h"
#include "estimate/step.h"

namespace derate::cli {

struct StepSourceOptions {
  std::filesystem::path calibration;
  std::filesystem::path table;
  std::string device;
};

/// --calibration, or --gemm-table and --device.
void add_step_source(Command& command, StepSourceOptions& options);

struct StepSource {
  GemmModel model;
  MemoryRate memory;
  Batching batching;
  double peak_flop_per_s;
  std::string products;       ///< what the model was fitted to, for people
  std::string memory_source;  ///< where the bandwidth comes from
};

/// Throws Error(invalid_input) for files that do not hold what is needed in `precision`.
[[nodiscard]] StepSource step_source(const StepSourceOptions& options, Precision precision);

}  // namespace derate::cli
