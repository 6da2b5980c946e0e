// SPDX-License-Identifier: Apache-2.0
// Where estimates of steps take rates from: a calibration, a table of matrix products, or a product
// of the catalogue.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/command_line.h"
#include "derate/gemm_model.h"
#include "derate/work.h"
#include "estimate/estimate.h"
#include "estimate/step.h"

namespace derate::cli {

struct StepSourceOptions {
  std::filesystem::path calibration;
  std::filesystem::path table;
  std::string device;
};

/// --calibration, or --gemm-table and --device, or --device alone.
void add_step_source(Command& command, StepSourceOptions& options);

struct StepSource {
  StepRates rates;
  std::string device;
  double memory_bytes = 0;                ///< of the device; 0: not known
  std::string products;                   ///< what the rate of products comes from, for people
  std::string memory_source;              ///< where the bandwidth comes from
  std::optional<Range> link_bytes_per_s;  ///< one way between two devices, where it was measured
  std::string link_source;
};

/// Throws Error(invalid_input) for files that do not hold what is needed in `precision`.
[[nodiscard]] StepSource step_source(const StepSourceOptions& options, Precision precision);

}  // namespace derate::cli
