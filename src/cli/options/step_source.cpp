// SPDX-License-Identifier: Apache-2.0
// GEMM model and memory rate from a calibration or a table of products, or shares of a product's
// peaks. Where no stream was measured, the memory rate is the one that the fitted model implies.
#include "cli/options/step_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "cli/options/gemm_table.h"
#include "cli/options/named_device.h"
#include "derate/calibration.h"
#include "derate/error.h"
#include "estimate/catalogue_rates.h"

namespace derate::cli {
namespace {

Batching batching_of(const std::string& backend) {
  return backend == "host" ? Batching::one_by_one : Batching::at_once;
}

/// The slowest of the large streams: what a program does between its products is seldom the best
/// case. Null where none was measured.
const Factor* stream_factor(const Calibration& calibration, const std::string& mode) {
  const Factor* found = nullptr;
  for (const Factor& factor : calibration.factors) {
    const bool is_stream = factor.workload == "vector_add" || factor.workload == "memory_copy" ||
                           factor.workload == "memory_triad";
    if (!is_stream || factor.bound != "memory" || factor.cache != "cold" || factor.mode != mode ||
        factor.data != "uniform" || factor.devices_at_once != 1) {
      continue;
    }
    if (found == nullptr || factor.achieved.value < found->achieved.value) found = &factor;
  }
  return found;
}

/// What the fitted model implies, which is never more than the memory's own bandwidth.
MemoryRate implied_rate(const GemmModelData& data) {
  const bool is_known = data.peaks.bytes_per_s != kAssumedBytes_per_s;
  const double share = is_known ? std::min(data.knee.eta_memory, 1.0) : data.knee.eta_memory;
  const double rate = share * data.peaks.bytes_per_s;
  return {{rate, {rate, rate, 0}}, data.knee.launch_s};
}

ProductRate fitted_rate(const GemmModel& model) {
  const GemmModelData& data = model.data();
  return {.peaks = data.peaks, .knee = data.knee, .fitted = model};
}

StepSource from_calibration(const std::filesystem::path& path, Precision precision) {
  const Calibration calibration = read_calibration(path);
  const CalibratedGemm* const gemm = gemm_model_of(calibration, to_string(precision));
  if (gemm == nullptr) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: holds no model of matrix products in {}; records of `derate run "
                            "--suite shapes` give one",
                            path.string(), to_string(precision)));
  }
  StepSource source;
  source.device = calibration.device.device_name;
  source.memory_bytes = calibration.device.memory_bytes;
  source.rates.products = fitted_rate(GemmModel(gemm->model));
  source.rates.batching = batching_of(calibration.device.backend);
  source.rates.memory = implied_rate(gemm->model);
  const Factor* const stream = stream_factor(calibration, gemm->mode);
  if (stream != nullptr) source.rates.memory.bytes_per_s = stream->achieved;
  const std::string rate = format_bandwidth(source.rates.memory.bytes_per_s.value);
  source.memory_source =
      stream != nullptr
          ? fmt::format("{} of {}{}", rate, stream->workload, doubt_of(*stream))
          : fmt::format("{} that the products' model implies, as no stream was measured", rate);
  source.products =
      fmt::format("{} {} shapes of {} on {}{}", gemm->model.samples.size(), to_string(precision),
                  gemm->variant, source.device, doubt_of(*gemm));
  if (const Factor* const link = link_factor(calibration)) {
    source.link_bytes_per_s = range_of(link->achieved);
    source.link_source =
        fmt::format("measured: {}/{}{}", link->workload, link->variant, doubt_of(*link));
  }
  return source;
}

StepSource from_table(const StepSourceOptions& options, Precision precision) {
  const Gemms gemms = read_gemms({options.table, options.device, precision});
  const GemmModel model = GemmModel::fit(gemms.table.samples, gemms.peaks);
  StepSource source;
  source.device = gemms.device.name;
  source.memory_bytes = static_cast<double>(gemms.device.memory_bytes);
  source.rates = {fitted_rate(model), implied_rate(model.data()),
                  batching_of(gemms.device.backend)};
  source.products =
      fmt::format("{} shapes of {}", gemms.table.samples.size(), options.table.string());
  source.memory_source = fmt::format("{} that the products imply, without an interval of its own",
                                     format_bandwidth(source.rates.memory.bytes_per_s.value));
  return source;
}

StepSource from_catalogue(const std::string& name, Precision precision) {
  const Device device = find_device(name).device;
  const CatalogueRates catalogue = catalogue_rates(device, precision);
  return {catalogue.rates,
          device.name,
          static_cast<double>(device.memory_bytes),
          catalogue.products_source,
          catalogue.memory_source,
          {},
          ""};
}

}  // namespace

void add_step_source(Command& command, StepSourceOptions& options) {
  Option calibration = command.add_option("--calibration", options.calibration,
                                          "calibration.json with a GEMM model");
  Option table = command.add_option("--gemm-table", options.table,
                                    "in its place: CSV with the columns m, n, k and seconds");
  Option device = command.add_option("--device", options.device,
                                     "a device here or a product, whose usual shares of its peaks "
                                     "are taken where there is no table");
  table.excludes(calibration).needs(device);
  device.excludes(calibration);
}

StepSource step_source(const StepSourceOptions& options, Precision precision) {
  if (!options.calibration.empty()) return from_calibration(options.calibration, precision);
  if (!options.table.empty()) return from_table(options, precision);
  if (!options.device.empty()) return from_catalogue(options.device, precision);
  throw Error(ExitCode::usage,
              "a step needs rates: --calibration FILE, --gemm-table FILE with --device NAME, or "
              "--device NAME alone");
}

}  // namespace derate::cli
