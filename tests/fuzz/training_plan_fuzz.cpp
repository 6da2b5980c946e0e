// SPDX-License-Identifier: Apache-2.0
// What a user says of a training and of its cost, as lines "batch=4096": the estimate is JSON,
// whatever the figures are.
#include <algorithm>
#include <map>
#include <sstream>

#include "base/json.h"
#include "estimate/quantity.h"
#include "estimate/training_plan.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

constexpr Limits kCost = {1e-3, 1e6};  // within those of derate estimate cost

using Words = std::map<std::string, std::string, std::less<>>;

Words words_of(std::string_view input) {
  Words words;
  std::istringstream lines{std::string(input)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = std::min(line.find('='), line.size());
    words[line.substr(0, equals)] = line.substr(std::min(equals + 1, line.size()));
  }
  return words;
}

void take(const Words& words, std::string_view name, double& value, Limits limits = kPositive) {
  const auto found = words.find(name);
  if (found != words.end()) value = parse_quantity(found->second, "--option", limits);
}

Range range_in(const Words& words, std::string_view name, Range otherwise) {
  const auto found = words.find(name);
  return found == words.end() ? otherwise : parse_range(found->second, "--option", kCost);
}

TrainOptions training_of(const Words& words) {
  TrainOptions options;
  const auto device = words.find("device");
  options.device = device == words.end() ? "H200" : device->second;
  if (const auto derate = words.find("derate"); derate != words.end()) {
    options.derates.push_back(derate->second);
  }
  take(words, "params", options.work.parameters);
  take(words, "tokens", options.work.samples);
  take(words, "tokens-per-param", options.tokens_per_parameter);
  take(words, "devices", options.devices);
  take(words, "batch", options.batch);
  take(words, "micro-batch", options.micro_batch);
  take(words, "activation-bytes", options.activation_bytes);
  take(words, "memory", options.memory_bytes);
  options.link_bytes_per_s = range_in(words, "link", options.link_bytes_per_s);
  return options;
}

CostPlan cost_of(const Words& words) {
  CostPlan plan;
  take(words, "devices", plan.devices, kCost);
  plan.hours = range_in(words, "hours", exactly(100));
  plan.price = range_in(words, "price", exactly(30e3));
  plan.host_share = range_in(words, "host-share", exactly(0.5));
  plan.lifetime_years = range_in(words, "lifetime", exactly(4));
  plan.in_use = range_in(words, "in-use", exactly(1));
  plan.device_power_w = range_in(words, "power", exactly(500));
  plan.host_power = plan.pue = exactly(1.2);
  plan.kwh_price = range_in(words, "kwh-price", exactly(0.1));
  if (words.contains("rent")) plan.rent_per_hour = range_in(words, "rent", exactly(1));
  return plan;
}

void plan_training(std::string_view input) {
  const Words words = words_of(input);
  if (words.contains("price")) {
    static_cast<void>(parse_json(to_json(estimate_cost(cost_of(words)))));
    return;
  }
  static_cast<void>(parse_json(to_json(estimate_training(plan_of(training_of(words))))));
}

const Registered training_plan({"training_plan", plan_training});

}  // namespace
}  // namespace derate::fuzz
