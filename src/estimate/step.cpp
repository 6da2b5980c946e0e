// SPDX-License-Identifier: Apache-2.0
// Adds up the operations of a step. Products are taken from the GEMM model as one tall product,
// whose right operand is read once; what the real ones read besides (keys of every head and
// sequence, weights of every expert) or do not (narrow weights) is charged at the knee.
#include "estimate/step.h"

#include <algorithm>
#include <cmath>

#include "estimate/extents.h"

namespace derate {
namespace {

/// t₀ + ‖F/(η_c·P), B/(η_m·BW)‖_p of any operations and bytes.
double knee_time_s(const GemmPeaks& peaks, const GemmKnee& knee, double flops, double bytes) {
  const double compute_s = flops / (knee.eta_compute * peaks.flop_per_s);
  const double memory_s = bytes / (knee.eta_memory * peaks.bytes_per_s);
  const double longer = std::max(compute_s, memory_s);
  if (longer == 0) return knee.launch_s;
  const double ratio = std::min(compute_s, memory_s) / longer;
  return knee.launch_s + longer * std::pow(1 + std::pow(ratio, knee.sharpness), 1 / knee.sharpness);
}

std::string_view bound_of(const GemmPeaks& peaks, const GemmKnee& knee, double flops,
                          double bytes) {
  const double compute_s = flops / (knee.eta_compute * peaks.flop_per_s);
  const double memory_s = bytes / (knee.eta_memory * peaks.bytes_per_s);
  if (knee.launch_s > std::max(compute_s, memory_s)) return to_string(GemmBound::launch);
  return to_string(memory_s > compute_s ? GemmBound::memory : GemmBound::compute);
}

/// A share of the peak above 1 is a clock above the specified one.
double least_time_s(const ProductRate& rate, double flops, double bytes) {
  const bool knows_bandwidth = rate.peaks.bytes_per_s != kAssumedBytes_per_s;
  const double compute_s = flops / (rate.peaks.flop_per_s * std::max(1.0, rate.knee.eta_compute));
  return std::max(compute_s, knows_bandwidth ? bytes / rate.peaks.bytes_per_s : 0);
}

/// What is sought of one operation, and of the tall product in its place.
struct Amount {
  double flops = 0;
  double bytes = 0;
  double tall_bytes = 0;
};

struct Times {
  double time_s;
  Interval interval_s;
  std::string_view bound;
  bool extrapolated;
};

Times by_knees(const ProductRate& rate, const Amount& amount) {
  const auto at = [&](const GemmKnee& knee) {
    return knee_time_s(rate.peaks, knee, amount.flops, amount.bytes);
  };
  return {at(rate.knee),
          {at(rate.fast), at(rate.slow), 0.9},
          bound_of(rate.peaks, rate.knee, amount.flops, amount.bytes),
          false};
}

Times by_model(const ProductRate& rate, const GemmShape& tall, const Amount& amount) {
  const GemmPrediction one = rate.fitted->predict(tall);
  const double more = knee_time_s(rate.peaks, rate.knee, amount.flops, amount.bytes) /
                      knee_time_s(rate.peaks, rate.knee, amount.flops, amount.tall_bytes);
  const bool is_tall = amount.bytes == amount.tall_bytes;
  return {
      one.time_s * more,
      {one.interval_s.low * more, one.interval_s.high * more, one.interval_s.confidence},
      is_tall ? to_string(one.bound) : bound_of(rate.peaks, rate.knee, amount.flops, amount.bytes),
      one.extrapolated};
}

void keep_above(Times& times, double least_s) {
  times.time_s = std::max(times.time_s, least_s);
  times.interval_s.low = std::max(times.interval_s.low, least_s);
  times.interval_s.high = std::max(times.interval_s.high, times.time_s);
}

OperationEstimate repeated(const Operation& operation, const Times& one, double count) {
  return {operation,
          count * one.time_s,
          {count * one.interval_s.low, count * one.interval_s.high, one.interval_s.confidence},
          one.bound,
          one.extrapolated};
}

OperationEstimate product(const Operation& operation, const StepRates& rates) {
  const bool at_once = rates.batching == Batching::at_once;
  Operation one = operation;
  if (!at_once) one.products = 1;
  GemmShape tall = one.shape;
  tall.m *= one.products;
  const ProductRate& rate = rates.products;
  const Amount amount = {gemm_flop(tall), least_bytes(one, rate.peaks),
                         gemm_bytes(rate.peaks, tall)};
  Times times = rate.fitted ? by_model(rate, tall, amount) : by_knees(rate, amount);
  if (at_once) keep_above(times, least_time_s(rate, amount.flops, amount.bytes));
  const auto count =
      static_cast<double>(operation.count) * static_cast<double>(at_once ? 1 : operation.products);
  return repeated(operation, times, count);
}

Times moving(const Operation& operation, const MemoryRate& memory) {
  const auto at = [&](double bytes_per_s) {
    return memory.launch_s + operation.bytes / bytes_per_s;
  };
  const Interval& rate = memory.bytes_per_s.interval;
  const bool is_short = operation.bytes / memory.bytes_per_s.value < memory.launch_s;
  return {at(memory.bytes_per_s.value),
          {at(rate.high), at(rate.low), rate.confidence},
          is_short ? "launch" : "memory",
          false};
}

OperationEstimate no_product(const Operation& operation, const StepRates& rates) {
  const auto count = static_cast<double>(operation.count);
  const ProductRate& rate = rates.products;
  Times times = moving(operation, rates.memory);
  if (operation.flops > 0) {
    const Times computing = by_knees(rate, {operation.flops, operation.bytes, operation.bytes});
    if (computing.time_s > times.time_s) times = computing;
  }
  if (rates.batching == Batching::at_once) {
    keep_above(times, least_time_s(rate, operation.flops, operation.bytes));
  }
  return repeated(operation, times, count);
}

}  // namespace

double least_bytes(const Operation& operation, const GemmPeaks& peaks) {
  if (!operation.is_product) return operation.bytes;
  const GemmShape& shape = operation.shape;
  const double second =
      operation.second_bytes > 0 ? operation.second_bytes : peaks.bytes_per_operand;
  return static_cast<double>(operation.products) *
         (times(shape.m, shape.k) * peaks.bytes_per_operand + times(shape.k, shape.n) * second +
          times(shape.m, shape.n) * peaks.bytes_per_result);
}

StepEstimate estimate_step(const std::vector<Operation>& operations, const StepRates& rates) {
  StepEstimate step;
  step.interval_s = {0, 0, 0.9};
  step.flops = product_flops(operations);
  for (const Operation& operation : operations) {
    const OperationEstimate line =
        operation.is_product ? product(operation, rates) : no_product(operation, rates);
    step.time_s += line.time_s;
    step.interval_s.low += line.interval_s.low;
    step.interval_s.high += line.interval_s.high;
    step.operations.push_back(line);
  }
  return step;
}

}  // namespace derate
