// SPDX-License-Identifier: Apache-2.0
// The time of a language model's step, operation by operation: products by a model fitted to
// measured ones or by shares of the peaks, the rest by the bandwidth of memory. docs/estimate.md
// has an example.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derate/gemm_model.h"
#include "estimate/step_operations.h"

namespace derate {

/// How fast operations run that memory bounds.
struct MemoryRate {
  Estimate bytes_per_s;
  double launch_s = 0;  ///< of an operation that moves nothing
};

/// How fast matrix products run.
struct ProductRate {
  GemmPeaks peaks;                       ///< of the data sheet
  GemmKnee knee;                         ///< shares of these
  GemmKnee fast = knee;                  ///< what these are at best, where nothing was fitted
  GemmKnee slow = knee;                  ///< and at worst
  std::optional<GemmModel> fitted = {};  ///< learned from measured products
};

/// Independent products of one operation: a GPU takes them as one launch, a CPU one after another.
enum class Batching { at_once, one_by_one };

struct StepRates {
  ProductRate products;
  MemoryRate memory;
  Batching batching = Batching::at_once;
};

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

/// No operation of a device that takes products at once is quicker than its operations at the peak
/// or its bytes at the data sheet's bandwidth, whatever the rates say.
[[nodiscard]] StepEstimate estimate_step(const std::vector<Operation>& operations,
                                         const StepRates& rates);

/// What one operation moves at least: every operand and result once, those of all its products.
[[nodiscard]] double least_bytes(const Operation& operation, const GemmPeaks& peaks);

}  // namespace derate
