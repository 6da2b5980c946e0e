// SPDX-License-Identifier: Apache-2.0
// What `derate validate` prints.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "derate/format.h"
#include "gemm_model/validation.h"

namespace derate {

/// A validation with what it was made of.
struct ValidationReport {
  std::string table;  ///< its file
  std::int64_t rows = 0;
  std::int64_t rows_left_out = 0;
  std::size_t shapes = 0;
  std::string device;
  Precision precision = Precision::bf16;
  GemmPeaks peaks;
  std::string compute_source;  ///< of the peaks, for people
  std::string memory_source;
  ValidationPlan plan;
  GemmValidation validation;
};

/// CSV is the table of errors alone; JSON is one object with everything.
void write_validation(std::ostream& out, const ValidationReport& report, Format format);

}  // namespace derate
