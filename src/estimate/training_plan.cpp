// SPDX-License-Identifier: Apache-2.0
// Turns options into a TrainingPlan. Device and precision are looked up in the catalogue; figures
// of a calibration replace those of the data sheet.
#include "estimate/training_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/units.h"
#include "calibration/losses.h"
#include "derate/calibration.h"
#include "derate/error.h"
#include "estimate/catalogue_rates.h"
#include "estimate/quantity.h"
#include "hardware/device_rates.h"
#include "hardware/peak.h"
#include "hardware/printed_peaks.h"
#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate {
namespace {

constexpr Limits kDerate = {1e-6, 1.5};  // above 1 where the clock exceeds the specified one

bool counts_tokens(const TrainOptions& options) {
  return options.counts_tokens || !std::isnan(options.tokens_per_parameter);
}

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ExitCode::usage, sentence); }

/// The catalogue's row for the device of a calibration; null when there is none.
const Product* product_of(const Calibration& calibration) {
  return product_of_driver_name(calibration.device.device_name);
}

/// The product that --device names, held against the calibration's device.
const Product* chosen_product(const TrainOptions& options,
                              const std::optional<Calibration>& calibration) {
  if (!calibration) return &product_named(options.device);
  const std::string& own = calibration->device.device_name;
  const Product* const calibrated = product_of(*calibration);
  if (options.device.empty() || options.device == own) return calibrated;
  const Product* const named = &product_named(options.device);
  if (!has_driver_name(*named, own)) {
    throw Error(ExitCode::not_comparable,
                fmt::format("the calibration is for {}, not for {}", own, named->name));
  }
  return named;
}

std::vector<std::string_view> precisions_of(const Product& product) {
  std::vector<std::string_view> names;
  for (const Rate& rate : rates_of(device_of(product))) {
    const std::string_view name = to_string(rate.operands);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

/// 2·N·C from the catalogue, and how it comes about.
void set_peak(TrainingPlan& plan, const Product& product) {
  const auto peak = peak_of(device_of(product), Bound::compute, plan.precision, Units::tensor);
  if (!peak || !peak->specified()) {
    refuse(fmt::format("--precision: no rate of {} in {} is known; known are {}", product.name,
                       to_string(plan.precision), fmt::join(precisions_of(product), ", ")));
  }
  plan.peak = *peak->specified();
  if (peak->instruction == kAsPrinted) {  // by a vendor that states neither units nor clock
    plan.peak_source = peak->n_source;
    return;
  }
  plan.peak_formula =
      fmt::format("2 x {:g} x {} ({})", peak->per_clock / 2,
                  format_frequency(*peak->specified_clock_hz.value), peak->instruction);
  plan.peak_source = fmt::format("N: {}; C: {}", peak->n_source, peak->specified_clock_hz.source);
}

/// "large, 40 samples in 3 rounds", and what is doubtful about it.
std::string evidence_of(const Factor& factor) {
  const bool is_alone =
      std::isnan(factor.achieved.interval.low) || factor.achieved.interval.low <= 0;
  return fmt::format(
      "{}, {} samples in {} rounds{}{}", factor.size_class, factor.samples, factor.rounds,
      is_alone ? ", without an interval: nothing says how it scatters" : "", doubt_of(factor));
}

void set_factor(TrainingPlan& plan, const Calibration& calibration) {
  const std::string_view precision = to_string(plan.precision);
  const Factor* const factor = training_factor(calibration, precision);
  if (factor == nullptr) {
    throw Error(
        ExitCode::not_comparable,
        fmt::format("the calibration has no factor of a gemm in {} on random data", precision));
  }
  if (!std::isnan(factor->peak)) {
    plan.peak = factor->peak;
    plan.peak_formula = fmt::format("that of the calibration, at {}",
                                    format_frequency(calibration.device.clock_specified_hz));
    plan.peak_source = "C: " + calibration.device.clock_specified_source;
  }
  const std::string library = factor->library.empty() ? factor->provider : factor->library;
  std::string source =
      fmt::format("measured: gemm/{} ({}), {}", factor->variant, library, evidence_of(*factor));
  if (const std::string losses = losses_sentence(calibration, precision, factor->variant);
      !losses.empty()) {
    source += "; " + losses;
  }
  plan.derates.push_back({fmt::format("calibrated, {}", factor->mode), range_of(factor->eta),
                          std::move(source), range_of(factor->achieved)});
}

Derate parse_derate(const std::string& text) {
  if (const auto named = named_derate(text)) return *named;
  const std::size_t equals = text.find('=');
  const std::string value = equals == std::string::npos ? text : text.substr(equals + 1);
  if (value.empty() || std::isalpha(static_cast<unsigned char>(value.front())) != 0) {
    refuse(
        fmt::format("--derate: \"{}\" is no derate: give flat, mfu, a share such as 0.4, a range "
                    "such as 0.35..0.5, or NAME=SHARE",
                    text));
  }
  const std::string name = equals == std::string::npos ? "given" : text.substr(0, equals);
  return {name, parse_range(value, "--derate", kDerate), "given by --derate"};
}

void set_link(TrainingPlan& plan, const TrainOptions& options,
              const std::optional<Calibration>& calibration) {
  if (plan.devices <= 1) return;
  if (std::isnan(plan.batch)) {
    refuse(
        fmt::format("{}: with several devices, gradients are exchanged once for each batch: how "
                    "large is one?",
                    counts_tokens(options) ? "--batch-tokens or --batch-sequences" : "--batch"));
  }
  const Factor* const factor = calibration ? link_factor(*calibration) : nullptr;
  if (!std::isnan(options.link_bytes_per_s.value)) {
    plan.link = Link{options.link_bytes_per_s, options.link_latency_s};
    plan.link_source = "given by --link-bytes-per-s";
  } else if (factor != nullptr) {
    plan.link = Link{range_of(factor->achieved), options.link_latency_s};
    plan.link_source = fmt::format("measured: {}/{}, {}{}", factor->workload, factor->variant,
                                   factor->bound, doubt_of(*factor));
  } else {
    refuse("--link-bytes-per-s: how fast is the link between the devices? No calibration says so");
  }
}

void set_work(TrainingPlan& plan, const TrainOptions& options) {
  plan.work = options.work;
  const bool has_parameters = !std::isnan(plan.work.parameters);
  if (!std::isnan(options.tokens_per_parameter)) {
    if (!has_parameters) refuse("--params: the rule of tokens for each parameter needs them");
    plan.work.samples = tokens_for(plan.work.parameters, options.tokens_per_parameter);
  }
  const bool has_samples = !std::isnan(plan.work.samples);
  if (has_parameters && !has_samples) {
    refuse("--tokens: on how many tokens or samples? Or --tokens-per-param 20");
  }
  if (has_samples && !has_parameters) refuse("--params: how many parameters has the model?");
}

/// In units of S: of language models tokens, which people seldom mean by a batch of 1,024.
double batch_of(const TrainOptions& options) {
  const bool has_sequences = !std::isnan(options.batch_sequences);
  if (!counts_tokens(options)) {
    if (has_sequences || !std::isnan(options.batch_tokens)) {
      refuse("--batch-tokens and --batch-sequences: are of --tokens; with --samples give --batch");
    }
    return options.batch;
  }
  if (!std::isnan(options.batch)) {
    refuse(
        "--batch: of tokens or of sequences? Give --batch-tokens, or --batch-sequences with "
        "--sequence");
  }
  if (!has_sequences) return options.batch_tokens;
  if (!std::isnan(options.batch_tokens)) {
    refuse("--batch-tokens: and --batch-sequences say the same thing twice");
  }
  if (std::isnan(options.sequence)) refuse("--sequence: how many tokens has each sequence?");
  return options.batch_sequences * options.sequence;
}

/// bf16, in which models are trained, where the device or its calibration has it; otherwise f32.
Precision precision_of(const TrainOptions& options, const std::optional<Calibration>& calibration,
                       const Product* product) {
  if (!options.precision.empty()) return *parse_precision(options.precision);
  if (calibration) {
    const bool is_measured = training_factor(*calibration, to_string(Precision::bf16)) != nullptr;
    return is_measured ? Precision::bf16 : Precision::f32;
  }
  const auto peak = peak_of(device_of(*product), Bound::compute, Precision::bf16, Units::tensor);
  return peak && peak->specified() ? Precision::bf16 : Precision::f32;
}

Optimizer parse_optimizer(const std::string& name) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::momentum}) {
    if (to_string(optimizer) == name) return optimizer;
  }
  return Optimizer::adam;
}

void set_memory(TrainingPlan& plan, const TrainOptions& options, const Product* product) {
  plan.optimizer = parse_optimizer(options.optimizer);
  plan.at_once = {options.micro_batch, options.activation_bytes, options.input_bytes};
  if (std::isnan(options.micro_batch)) plan.at_once.samples = plan.batch / plan.devices;
  plan.device_memory_bytes = options.memory_bytes;
  const bool is_known = product != nullptr && product->memory_gib > 0;
  if (std::isnan(options.memory_bytes) && is_known) {
    plan.device_memory_bytes = static_cast<double>(device_of(*product).memory_bytes);
  }
  const bool counts_samples =
      !std::isnan(options.activation_bytes) || !std::isnan(options.input_bytes);
  if (counts_samples && std::isnan(plan.at_once.samples)) {
    refuse(
        "--micro-batch: --activation-bytes and --input-bytes are of each sample: how many at "
        "once?");
  }
}

/// What large products usually reach on a device that nobody measured here.
std::optional<Derate> usual_of(const std::optional<Calibration>& calibration,
                               const Product* product, Precision precision) {
  if (calibration || product == nullptr) return std::nullopt;
  const auto usual = usual_products(device_of(*product), precision);
  if (!usual) return std::nullopt;
  return Derate{"usual", usual->eta, usual->source + ", of products alone"};
}

}  // namespace

TrainingPlan plan_of(const TrainOptions& options) {
  std::optional<Calibration> calibration;
  if (!options.calibration.empty()) calibration = read_calibration(options.calibration);
  if (!calibration && options.device.empty()) {
    refuse("--device: on which device? Give one of derate catalog, or a --calibration");
  }
  const Product* const product = chosen_product(options, calibration);
  TrainingPlan plan;
  plan.device = product != nullptr ? std::string(product->name) : calibration->device.device_name;
  plan.precision = precision_of(options, calibration, product);
  plan.devices = options.devices;
  plan.batch = batch_of(options);
  plan.sharding = static_cast<Sharding>(options.sharding);
  if (std::floor(plan.devices) != plan.devices) refuse("--devices: must be a whole number");
  if (plan.batch < plan.devices) refuse("--batch: is less than one sample for each device");
  set_work(plan, options);
  if (calibration) {
    set_factor(plan, *calibration);
  } else {
    set_peak(plan, *product);
  }
  for (const std::string& text : options.derates) {
    const bool stands_anyway = text == "flat" || text == "mfu";
    if (!stands_anyway) plan.derates.push_back(parse_derate(text));
  }
  plan.derates.push_back(*named_derate("mfu"));
  if (const auto usual = usual_of(calibration, product, plan.precision)) {
    plan.derates.push_back(*usual);
  }
  plan.derates.push_back(*named_derate("flat"));
  set_link(plan, options, calibration);
  set_memory(plan, options, product);
  return plan;
}

}  // namespace derate
