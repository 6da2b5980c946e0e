// SPDX-License-Identifier: Apache-2.0
// derate estimate train: time and memory of a training on a catalogue's device or a calibrated one.
#include <memory>
#include <optional>

#include "base/kept_streams.h"
#include "cli/estimate_commands.h"
#include "cli/options/cost.h"
#include "cli/options/quantity.h"
#include "estimate/cost_report.h"
#include "estimate/memory.h"
#include "estimate/training_file.h"
#include "estimate/training_plan.h"
#include "estimate/training_report.h"

namespace derate::cli {
namespace {

constexpr Limits kParameters = {1, 1e18};
constexpr Limits kSamples = {1, 1e24};
constexpr Limits kEpochs = {1e-9, 1e6};
constexpr Limits kForward = {1e-3, 1e6};
constexpr Limits kBackward = {1, 1e3};
constexpr Limits kDevices = {1, 1e7};
constexpr Limits kBytes = {0, 1e18};
constexpr Limits kMemory_bytes = {1, 1e18};
constexpr Limits kBytesPerS = {1, 1e18};
constexpr Limits kLatency_s = {0, 60};

/// A training, and what it costs where that was asked for.
struct TrainAndCost {
  TrainOptions train;
  CostOptions cost;
  bool with_cost = false;
  std::string by;
};

std::optional<Costs> costs_of(TrainAndCost& options, const TrainingEstimate& estimate) {
  if (!options.with_cost || estimate.lines.empty()) return std::nullopt;
  const TrainedHours run = hours_of(estimate, options.by);
  CostPlan& plan = options.cost.plan;
  plan.device = run.device;
  plan.devices = run.devices;
  plan.hours = run.hours;
  plan.hours_source = "the training's, by " + run.by;
  return costs_of(options.cost);
}

ExitCode estimate_train(TrainAndCost& options) {
  const TrainingEstimate estimate = estimate_training(plan_of(options.train));
  const std::optional<Costs> costs = costs_of(options, estimate);
  if (options.train.json) {
    standard_output() << to_json(estimate, costs ? &costs->estimate : nullptr);
  } else {
    write_training(standard_output(), estimate);
    if (costs) {
      standard_output() << '\n';
      write_cost(standard_output(), costs->estimate, costs->currency);
    }
  }
  return estimate.fits.value_or(true) ? ExitCode::ok : kDoesNotFit;
}

Option add_tokens(Command& command, TrainOptions& options) {
  return command
      .add_option_function(
          "--tokens",
          [&options](const std::string& text) {
            options.work.samples = parse_quantity(text, "--tokens", kSamples);
            options.counts_tokens = true;
          },
          "S: tokens of one epoch of a language model, 300B")
      .type_name("NUMBER");
}

void add_batch(Command& command, TrainOptions& options) {
  add_quantity(command, "--batch", options.batch,
               "of --samples: those of one step, over all devices", kSamples);
  add_quantity(command, "--batch-tokens", options.batch_tokens,
               "of --tokens: those of one step, over all devices", kSamples);
  add_quantity(command, "--batch-sequences", options.batch_sequences,
               "the same in sequences of --sequence tokens", kSamples);
  add_quantity(command, "--sequence", options.sequence, "tokens of one sequence", kSamples);
}

void add_work(Command& command, TrainOptions& options) {
  add_quantity(command, "--params", options.work.parameters, "P: parameters of the model, 7B",
               kParameters);
  Option tokens = add_tokens(command, options);
  Option samples = add_quantity(command, "--samples", options.work.samples,
                                "S: samples of one epoch, of what is no language model", kSamples);
  add_quantity(command, "--tokens-per-param", options.tokens_per_parameter,
               "S as so many tokens for each parameter; 20 is the usual rule", kForward)
      .excludes(samples)
      .excludes(tokens);
  samples.excludes(tokens);
  add_quantity(command, "--epochs", options.work.epochs, "E: times over all samples (1)", kEpochs);
  add_quantity(command, "--forward-flops", options.work.forward_flops,
               "O_f: forward operations for each parameter and sample (2)", kForward);
  add_quantity(command, "--backward-multiplier", options.work.backward_multiplier,
               "O_b: forward and backward pass, in forward passes (3; 4 with recomputation)",
               kBackward);
}

void add_devices_and_memory(Command& command, TrainOptions& options) {
  add_quantity(command, "--devices", options.devices, "data-parallel devices (1)", kDevices);
  add_batch(command, options);
  command
      .add_option(
          "--zero", options.sharding,
          "what devices share of the model: 1 moments, 2 gradients too, 3 weights too (FSDP)")
      .range(0, 3)
      .show_default();
  add_range(command, "--link-bytes-per-s", options.link_bytes_per_s,
            "one way between two devices; without it, that of the calibration", kBytesPerS);
  add_quantity(command, "--link-latency", options.link_latency_s,
               "seconds that each message takes besides (1e-5)", kLatency_s);
  command.add_option("--optimizer", options.optimizer, "what memory holds beside the weights")
      .one_of({"sgd", "momentum", "adam"})
      .show_default();
  add_quantity(command, "--micro-batch", options.micro_batch,
               "samples or tokens at once on one device (its share of the batch)", kSamples);
  add_quantity(command, "--activation-bytes", options.activation_bytes,
               "kept for the backward pass, for each sample", kBytes);
  add_quantity(command, "--input-bytes", options.input_bytes, "of each sample", kBytes);
  add_quantity(command, "--memory-bytes", options.memory_bytes,
               "memory of one device, where it is not that of the catalogue", kMemory_bytes);
}

}  // namespace

void add_estimate_train(Command& estimate, ExitCode& end) {
  const auto all = std::make_shared<TrainAndCost>();
  TrainOptions* const options = &all->train;
  Command command = estimate.add_subcommand(
      "train", "time and memory of a training: C = O_f·O_b·P·S·E operations at a derated 2·N·C");
  command.add_option("--device", options->device, "a device of the catalogue (\"Tesla P40\")");
  command.add_option("--calibration", options->calibration,
                     "calibration.json of the device: its rates with their intervals");
  command.add_option("--precision", options->precision, "of the multiplications")
      .one_of(product_precision_names())
      .default_text("bf16, or f32 where the device has none");
  add_work(command, *options);
  command
      .add_option("--derate", options->derates,
                  "also with this share of 2·N·C: 0.4, 0.35..0.5, NAME=0.4; may be given several "
                  "times (mfu "
                  "and flat stand there anyway)")
      .repeatable();
  add_devices_and_memory(command, *options);
  Option cost =
      command.add_flag("--cost", all->with_cost, "also what it costs to own or rent the devices");
  command
      .add_option("--by", all->by,
                  "the line that gives the hours of the cost (the first after 2·N·C)")
      .needs(cost);
  add_cost_options(command, all->cost, cost);
  command.add_flag("--json", options->json, "for machines");
  command.on_parse([all, &end] { end = estimate_train(*all); });
}

}  // namespace derate::cli
