// SPDX-License-Identifier: Apache-2.0
// The time of a transformer's step, operation by operation: products by a model fitted to measured
// ones, the rest by the measured bandwidth of memory. docs/estimate.md has an example.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "derate/gemm_model.h"
#include "estimate/transformer.h"

namespace derate {

/// How fast operations run that memory bounds.
struct MemoryRate {
  Estimate bytes_per_s;
  double launch_s = 0;  ///< of an operation that moves nothing
};

/// Independent products of one operation: a GPU takes them as one launch, a CPU one after another.
enum class Batching { at_once, one_by_one };

struct OperationEstimate {
  Operation operation;
  double time_s = 0;          ///< of all `operation.count` of them
  Interval interval_s;        ///< the same
  std::string_view bound;     ///< "compute", "memory" or "launch"
  bool extrapolated = false;  ///< by the GEMM model
};

struct StepEstimate {
  std::vector<OperationEstimate> operations;
  double time_s = 0;
  /// All operations at their low, and all at their high end: their errors are seldom independent.
  Interval interval_s;
  double flops = 0;  ///< of the products
};

[[nodiscard]] StepEstimate estimate_step(const std::vector<Operation>& operations,
                                         const GemmModel& model, const MemoryRate& memory,
                                         Batching batching);

}  // namespace derate
