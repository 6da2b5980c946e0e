// SPDX-License-Identifier: Apache-2.0
// Adds up the operations of a step: products from the GEMM model, the others as launch time plus
// bytes over bandwidth. The ends of the intervals are added too, since errors of operations are not
// independent.
#include "estimate/step.h"

namespace derate {
namespace {

/// Heads of a batch taken at once are like one tall product: as many operations, tiles and results.
GemmPrediction predict(const GemmModel& model, const Operation& operation, Batching batching) {
  GemmShape shape = operation.shape;
  if (batching == Batching::at_once) shape.m *= operation.products;
  return model.predict(shape);
}

OperationEstimate product(const Operation& operation, const GemmModel& model, Batching batching) {
  const GemmPrediction one = predict(model, operation, batching);
  const std::int64_t each = batching == Batching::at_once ? 1 : operation.products;
  const auto count = static_cast<double>(operation.count) * static_cast<double>(each);
  return {operation,
          count * one.time_s,
          {count * one.interval_s.low, count * one.interval_s.high, one.interval_s.confidence},
          to_string(one.bound),
          one.extrapolated};
}

OperationEstimate stream(const Operation& operation, const MemoryRate& memory) {
  const auto count = static_cast<double>(operation.count);
  const auto at = [&](double bytes_per_s) {
    return count * (memory.launch_s + operation.bytes / bytes_per_s);
  };
  const Interval& rate = memory.bytes_per_s.interval;
  const double moving_s = operation.bytes / memory.bytes_per_s.value;
  return {operation,
          at(memory.bytes_per_s.value),
          {at(rate.high), at(rate.low), rate.confidence},
          moving_s < memory.launch_s ? "launch" : "memory",
          false};
}

}  // namespace

StepEstimate estimate_step(const std::vector<Operation>& operations, const GemmModel& model,
                           const MemoryRate& memory, Batching batching) {
  StepEstimate step;
  step.interval_s = {0, 0, 0.9};
  step.flops = product_flops(operations);
  for (const Operation& operation : operations) {
    const OperationEstimate line =
        operation.is_product ? product(operation, model, batching) : stream(operation, memory);
    step.time_s += line.time_s;
    step.interval_s.low += line.interval_s.low;
    step.interval_s.high += line.interval_s.high;
    step.operations.push_back(line);
  }
  return step;
}

}  // namespace derate
