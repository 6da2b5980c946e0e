// SPDX-License-Identifier: Apache-2.0
// Calibrations of the example's GPU, and what is said where one is refused.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "derate/calibration.h"
#include "derate/error.h"
#include "golden/example_gpu.h"

namespace derate::calibrated {

inline Record gemm(double eta, const std::string& problem = "n:1") {
  Record record = example::with_samples(example::record(), 1e-3 / eta);
  record.problem = problem;
  return record;
}

inline std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

inline Calibration calibration_of(const std::vector<Record>& records) {
  return calibrate(rows_of(records));
}

/// What an Error says, after checking its code; "" when nothing is thrown.
inline std::string refusal(ExitCode code, const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return {};
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace derate::calibrated
