// SPDX-License-Identifier: Apache-2.0
// Formulas of docs/estimate.md: operations of a training, memory by optimizer and precision, ring
// all-reduce, and the times for each derate factor.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "estimate/estimate.h"
#include "estimate/range.h"

namespace derate {
namespace {

/// The lower end is where the backward pass hides the communication, as far as it can.
Range together(const Range& compute_s, const Range& communication_s) {
  return {std::fmax(compute_s.low, communication_s.low), compute_s.value + communication_s.value,
          compute_s.high + communication_s.high};
}

double moments(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return 0;
    case Optimizer::momentum:
      return 1;
    case Optimizer::adam:
      break;
  }
  return 2;
}

bool is_for_training(const Factor& factor, std::string_view precision) {
  return factor.workload == "gemm" && factor.precision == precision && factor.bound == "compute" &&
         factor.data == "uniform" && factor.devices_at_once == 1 && factor.achieved.value > 0;
}

int size_rank(const Factor& factor) {
  return factor.size_class == "large" ? 2 : factor.size_class == "medium" ? 1 : 0;
}

/// The work that `derate` is a share of: an MFU's never counts what is computed again.
double flops_by(const Derate& derate, const TrainingWork& work) {
  constexpr double kForwardAndBackward = 3;
  TrainingWork own = work;
  if (derate.of_whole_trainings) {
    own.backward_multiplier = std::min(own.backward_multiplier, kForwardAndBackward);
  }
  return training_flops(own);
}

TrainingLine line_of(const TrainingPlan& plan, const Derate& derate, const Range& communication_s) {
  TrainingLine line{derate, derate.measured.value_or(plan.peak * derate.eta), {}, {}};
  line.compute_s = (flops_by(derate, plan.work) / plan.devices) / line.flop_per_s;
  const bool is_apart = plan.devices > 1 && !derate.of_whole_trainings;
  line.total_s = is_apart ? together(line.compute_s, communication_s) : line.compute_s;
  return line;
}

}  // namespace

double training_flops(const TrainingWork& work) {
  return work.forward_flops * work.backward_multiplier * work.parameters * work.samples *
         work.epochs;
}

double tokens_for(double parameters, double per_parameter) { return parameters * per_parameter; }

std::optional<Derate> named_derate(std::string_view name) {
  if (name == "flat") return Derate{"flat", {0.75, 0.8, 0.85}, "the rule of 15-25 % overhead"};
  if (name == "mfu") {
    return Derate{
        "mfu",
        {0.30, 0.382, 0.50},
        "quartiles and median of the 62 whole trainings whose utilisation Epoch AI records "
        "(April 2026), with their communication and recomputation",
        {},
        true};
  }
  return std::nullopt;
}

const Factor* training_factor(const Calibration& calibration, std::string_view precision) {
  const Factor* best = nullptr;
  for (const Factor& factor : calibration.factors) {
    if (!is_for_training(factor, precision)) continue;
    const auto rank = [](const Factor& f) {
      return std::tuple(size_rank(f), f.mode == "sustained", f.achieved.value);
    };
    if (best == nullptr || rank(factor) > rank(*best)) best = &factor;
  }
  return best;
}

const Factor* link_factor(const Calibration& calibration) {
  const auto slowest = [&](auto is_meant) {
    const Factor* found = nullptr;
    for (const Factor& factor : calibration.factors) {
      if (!(factor.achieved.value > 0) || !is_meant(factor)) continue;
      if (found == nullptr || factor.achieved.value < found->achieved.value) found = &factor;
    }
    return found;
  };
  // The bus bandwidth of a large all-reduce is what all_reduce_s() asks for; copies between two
  // devices are the next best.
  const Factor* const all_reduce = slowest([](const Factor& factor) {
    return factor.workload == "all_reduce" && factor.variant == "out_of_place" &&
           factor.size_class == "large" && factor.bound == to_string(Bound::link_to_peer);
  });
  if (all_reduce != nullptr) return all_reduce;
  const Factor* const peer = slowest([](const Factor& factor) {
    return factor.variant == "peer" && factor.bound == to_string(Bound::link_to_peer);
  });
  if (peer != nullptr) return peer;
  return slowest([](const Factor& factor) {
    return factor.bound == to_string(Bound::link) && factor.size_class == "large" &&
           factor.variant.starts_with("pinned");
  });
}

Range range_of(const Estimate& estimate) {
  const bool known = estimate.interval.low > 0 && estimate.interval.high > 0;
  if (!known) return exactly(estimate.value);
  return {estimate.interval.low, estimate.value, estimate.interval.high};
}

Range all_reduce_s(double bytes, double devices, const Link& link) {
  if (devices <= 1) return exactly(0);
  const double start_s = 2 * (devices - 1) * link.latency_s;
  return exactly(start_s) + (2 * (devices - 1) / devices * bytes) / link.bytes_per_s;
}

double MemoryNeed::total() const {
  const auto known = [](double bytes) { return std::isnan(bytes) ? 0 : bytes; };
  return weights + gradients + optimizer + known(activations) + known(input);
}

MemoryNeed memory_need(double parameters, Precision precision, Optimizer optimizer,
                       const BatchMemory& batch, double devices, Sharding sharding) {
  constexpr double kF32Bytes = 4;
  const auto held = [&](Sharding from) {
    return sharding >= from ? parameters / devices : parameters;
  };
  const double bytes = bytes_per_element(precision);
  const double copy = bytes < kF32Bytes ? kF32Bytes : 0;
  MemoryNeed need;
  need.weights = held(Sharding::weights) * bytes;
  need.gradients = held(Sharding::gradients) * std::max(bytes, 2.0);
  need.optimizer =
      held(Sharding::optimizer) * (moments(optimizer) * std::max(bytes, kF32Bytes) + copy);
  need.activations = batch.samples * batch.activation_bytes_per_sample;
  need.input = batch.samples * batch.input_bytes_per_sample;
  return need;
}

TrainingEstimate estimate_training(const TrainingPlan& plan) {
  TrainingEstimate estimate;
  estimate.plan = plan;
  estimate.flops = training_flops(plan.work);
  estimate.steps = std::ceil(plan.work.samples * plan.work.epochs / plan.batch);
  estimate.memory = memory_need(plan.work.parameters, plan.precision, plan.optimizer, plan.at_once,
                                plan.devices, plan.sharding);
  if (!std::isnan(plan.device_memory_bytes) && !std::isnan(plan.work.parameters)) {
    estimate.fits = estimate.memory.total() <= plan.device_memory_bytes;
    if (!*estimate.fits) return estimate;
  }
  if (plan.link) {
    // Shared weights are gathered forward and backward, and gradients scattered: a half more.
    const double ways = plan.sharding == Sharding::weights ? 1.5 : 1;
    const double gradient_bytes =
        plan.work.parameters * std::max(bytes_per_element(plan.precision), 2.0);
    estimate.all_reduce_s = ways * all_reduce_s(gradient_bytes, plan.devices, *plan.link);
    estimate.communication_s = estimate.steps * estimate.all_reduce_s;
  }
  std::vector<Derate> derates = {{"2·N·C", exactly(1), "nothing is lost"}};
  derates.insert(derates.end(), plan.derates.begin(), plan.derates.end());
  for (const Derate& derate : derates) {
    estimate.lines.push_back(line_of(plan, derate, estimate.communication_s));
  }
  return estimate;
}

}  // namespace derate
