// SPDX-License-Identifier: Apache-2.0
// Records of products and chains that reach a share of the peak, and whether a text holds another.
#pragma once

#include <string>

#include "golden/example_gpu.h"

namespace derate::test {

/// A passed gemm that takes `eta` of the specified peak.
inline Record gemm(double eta, double clock_hz = example::kSpecified_hz) {
  return example::with_samples(example::record(), 1e-3 / eta, 0, 12, clock_hz);
}

inline Record chain(double eta, double clock_hz = example::kSpecified_hz) {
  Record record = gemm(eta, clock_hz);
  record.workload = "fma_chain";
  record.variant = "registers";
  record.problem = "n:1";
  return record;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace derate::test
