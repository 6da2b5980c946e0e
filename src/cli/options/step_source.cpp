// SPDX-License-Identifier: Apache-2.0
// GEMM model and memory rate from a calibration, or from a table of products. Where no stream was
// measured, the memory rate is the one that the fitted model implies.
#include "cli/options/step_source.h"

#include <fmt/format.h>

#include "base/units.h"
#include "cli/options/gemm_table.h"
#include "derate/calibration.h"
#include "derate/error.h"

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

StepSource from_calibration(const std::filesystem::path& path, Precision precision) {
  const Calibration calibration = read_calibration(path);
  const CalibratedGemm* const gemm = gemm_model_of(calibration, to_string(precision));
  if (gemm == nullptr) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: holds no model of matrix products in {}; records of `derate run "
                            "--suite shapes` give one",
                            path.string(), to_string(precision)));
  }
  const Factor* const stream = stream_factor(calibration, gemm->mode);
  const GemmModelData& data = gemm->model;
  MemoryRate memory{{}, data.knee.launch_s};
  std::string source;
  if (stream != nullptr) {
    memory.bytes_per_s = stream->achieved;
    source = fmt::format("{} of {}{}", format_bandwidth(stream->achieved.value), stream->workload,
                         doubt_of(*stream));
  } else {
    const double rate = data.knee.eta_memory * data.peaks.bytes_per_s;
    memory.bytes_per_s = {rate, {rate, rate, 0}};
    source = fmt::format("{} that the products' model implies, as no stream was measured",
                         format_bandwidth(rate));
  }
  return {GemmModel(data),
          memory,
          batching_of(calibration.device.backend),
          data.peaks.flop_per_s,
          fmt::format("{} {} shapes of {} on {}{}", data.samples.size(), to_string(precision),
                      gemm->variant, calibration.device.device_name, doubt_of(*gemm)),
          source};
}

StepSource from_table(const StepSourceOptions& options, Precision precision) {
  const Gemms gemms = read_gemms({options.table, options.device, precision});
  const GemmModel model = GemmModel::fit(gemms.table.samples, gemms.peaks);
  const GemmKnee& knee = model.data().knee;
  const double rate = knee.eta_memory * gemms.peaks.bytes_per_s;
  return {model,
          {{rate, {rate, rate, 0}}, knee.launch_s},
          batching_of(gemms.device.backend),
          gemms.peaks.flop_per_s,
          fmt::format("{} shapes of {}", gemms.table.samples.size(), options.table.string()),
          fmt::format("{} that the products imply, without an interval of its own",
                      format_bandwidth(rate))};
}

}  // namespace

void add_step_source(Command& command, StepSourceOptions& options) {
  Option calibration = command.add_option("--calibration", options.calibration,
                                          "calibration.json with a GEMM model");
  Option table = command.add_option("--gemm-table", options.table,
                                    "in its place: CSV with the columns m, n, k and seconds");
  Option device =
      command.add_option("--device", options.device, "of the table: its product or a device here");
  table.excludes(calibration).needs(device);
  device.needs(table);
}

StepSource step_source(const StepSourceOptions& options, Precision precision) {
  if (!options.calibration.empty()) return from_calibration(options.calibration, precision);
  if (!options.table.empty()) return from_table(options, precision);
  throw Error(ExitCode::usage,
              "estimate model needs rates: --calibration FILE, or --gemm-table FILE with --device "
              "NAME");
}

}  // namespace derate::cli
