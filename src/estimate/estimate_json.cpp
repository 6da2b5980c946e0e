// SPDX-License-Identifier: Apache-2.0
// Estimates as JSON. What is unknown or infinite is null.
#include <cmath>

#include "base/json.h"
#include "estimate/estimate.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const Range& range) {
  return {{"low", number(range.low)}, {"value", number(range.value)}, {"high", number(range.high)}};
}

Json json_of(const std::optional<Range>& range) { return range ? json_of(*range) : Json(nullptr); }

Json json_of(const TrainingLine& line) {
  return {{"name", line.derate.name},
          {"source", line.derate.source},
          {"derate", json_of(line.derate.eta)},
          {"flop_per_s", json_of(line.flop_per_s)},
          {"compute_s", json_of(line.compute_s)},
          {"total_s", json_of(line.total_s)}};
}

Json json_of(const MemoryNeed& memory) {
  return {{"weights_bytes", number(memory.weights)},
          {"gradients_bytes", number(memory.gradients)},
          {"optimizer_bytes", number(memory.optimizer)},
          {"activations_bytes", number(memory.activations)},
          {"input_bytes", number(memory.input)},
          {"total_bytes", number(memory.total())}};
}

std::string text_of(const Json& json) { return dumped(json, 2) + "\n"; }

Json object_of(const TrainingEstimate& estimate) {
  const TrainingPlan& plan = estimate.plan;
  Json json = {{"kind", "derate training estimate"},
               {"device", plan.device},
               {"precision", to_string(plan.precision)},
               {"peak_flop_per_s", number(plan.peak)},
               {"peak_formula", plan.peak_formula},
               {"peak_source", plan.peak_source},
               {"forward_flops", plan.work.forward_flops},
               {"backward_multiplier", plan.work.backward_multiplier},
               {"parameters", number(plan.work.parameters)},
               {"samples", number(plan.work.samples)},
               {"epochs", plan.work.epochs},
               {"flops", number(estimate.flops)},
               {"devices", plan.devices},
               {"batch", number(plan.batch)},
               {"steps", number(estimate.steps)},
               {"link_source", plan.link_source},
               {"all_reduce_s", json_of(estimate.all_reduce_s)},
               {"communication_s", json_of(estimate.communication_s)},
               {"estimates", Json::array()},
               {"optimizer", to_string(plan.optimizer)},
               {"memory", json_of(estimate.memory)},
               {"device_memory_bytes", number(plan.device_memory_bytes)},
               {"fits", estimate.fits ? Json(*estimate.fits) : Json(nullptr)}};
  for (const TrainingLine& line : estimate.lines) json["estimates"].push_back(json_of(line));
  return json;
}

Json object_of(const CostEstimate& estimate) {
  const CostPlan& plan = estimate.plan;
  return {{"kind", "derate cost estimate"},
          {"device", plan.device},
          {"devices", plan.devices},
          {"hours", json_of(plan.hours)},
          {"price", json_of(plan.price)},
          {"host_share", json_of(plan.host_share)},
          {"lifetime_years", json_of(plan.lifetime_years)},
          {"in_use", json_of(plan.in_use)},
          {"device_power_w", json_of(plan.device_power_w)},
          {"host_power", json_of(plan.host_power)},
          {"pue", json_of(plan.pue)},
          {"kwh_price", json_of(plan.kwh_price)},
          {"upkeep_per_year", json_of(plan.upkeep_per_year)},
          {"rent_per_hour", json_of(plan.rent_per_hour)},
          {"carbon_g_per_kwh", json_of(plan.carbon_g_per_kwh)},
          {"hours_source", plan.hours_source},
          {"price_source", plan.price_source},
          {"rent_source", plan.rent_source},
          {"purchase", json_of(estimate.purchase)},
          {"capital", json_of(estimate.capital)},
          {"energy_kwh", json_of(estimate.energy_kwh)},
          {"electricity", json_of(estimate.electricity)},
          {"upkeep", json_of(estimate.upkeep)},
          {"owning", json_of(estimate.owning)},
          {"renting", json_of(estimate.renting)},
          {"lifetime_hours", json_of(estimate.lifetime_hours)},
          {"break_even_hours", json_of(estimate.break_even_hours)},
          {"break_even_use", json_of(estimate.break_even_use)},
          {"carbon_kg", json_of(estimate.carbon_kg)}};
}

}  // namespace

std::string to_json(const TrainingEstimate& estimate, const CostEstimate* cost) {
  Json json = object_of(estimate);
  if (cost != nullptr) json["cost"] = object_of(*cost);
  return text_of(json);
}

std::string to_json(const CostEstimate& estimate) { return text_of(object_of(estimate)); }

}  // namespace derate
