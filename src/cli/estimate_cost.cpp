// SPDX-License-Identifier: Apache-2.0
// derate estimate cost: what a run of some hours costs on devices of one's own, against renting.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "base/kept_streams.h"
#include "cli/estimate_commands.h"
#include "cli/options/cost.h"
#include "cli/options/quantity.h"
#include "estimate/cost_report.h"
#include "estimate/training_file.h"

namespace derate::cli {
namespace {

constexpr Limits kHours = {1e-6, 1e9};
constexpr Limits kOwnDevices = {1, 1e7};

struct RunCostOptions {
  CostOptions cost;
  std::filesystem::path training;
  std::string by;
  bool json = false;
};

/// The run that the file tells of.
void take_training(const RunCostOptions& options, CostPlan& plan) {
  const TrainedHours run = read_training(options.training, options.by);
  plan.device = run.device;
  plan.devices = run.devices;
  plan.hours = run.hours;
  plan.hours_source = fmt::format("{}, by {}", options.training.string(), run.by);
}

ExitCode run_cost(RunCostOptions& options) {
  CostPlan& plan = options.cost.plan;
  if (!options.training.empty()) {
    take_training(options, plan);
  } else if (std::isnan(plan.hours.value)) {
    throw Error(ExitCode::usage, "--hours: how long does the run take? Or --training FILE");
  }
  if (std::floor(plan.devices) != plan.devices) {
    throw Error(ExitCode::usage, "--devices: must be a whole number");
  }
  const Costs costs = costs_of(options.cost);
  if (options.json) {
    standard_output() << to_json(costs.estimate);
  } else {
    write_cost(standard_output(), costs.estimate, costs.currency);
  }
  return ExitCode::ok;
}

}  // namespace

void add_estimate_cost(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<RunCostOptions>();
  CostPlan& plan = options->cost.plan;
  Command command = estimate.add_subcommand(
      "cost", "cost and energy of a run on devices of one's own, against renting");
  Option device = command.add_option("--device", plan.device,
                                     "a device of the catalogue, for its price and TDP");
  Option devices = add_quantity(command, "--devices", plan.devices, "how many (1)", kOwnDevices);
  Option hours = add_range(command, "--hours", plan.hours, "that the run takes", kHours);
  Option training =
      command
          .add_option("--training", options->training,
                      "what derate estimate train --json wrote: device, devices and hours")
          .excludes(device)
          .excludes(devices)
          .excludes(hours);
  command
      .add_option("--by", options->by,
                  "the line of --training that gives the hours (its first after 2·N·C)")
      .needs(training);
  add_cost_options(command, options->cost);
  command.add_flag("--json", options->json, "for machines");
  command.on_parse([options, &end] { end = run_cost(*options); });
}

}  // namespace derate::cli
