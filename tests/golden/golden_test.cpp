// SPDX-License-Identifier: Apache-2.0
// Every format byte for byte, from records.jsonl of an invented device: what a user's scripts read
// does not change unnoticed. DERATE_UPDATE_GOLDEN=1 in the environment rewrites the files.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "derate/calibration.h"
#include "derate/record_file.h"
#include "derate/report.h"
#include "golden/example_gpu.h"
#include "golden/golden_file.h"

namespace derate {
namespace {

using example::with_samples;
using golden::expect_golden;
using golden::kFolder;

Record named(Record record, const std::string& variant, const std::string& provider) {
  record.variant = variant;
  record.provider = provider;
  if (provider != "derate") record.library = "examplelib 1.2";
  return record;
}

Record with_outcome(Record record, const std::string& outcome, const std::string& message) {
  record.outcome = outcome;
  record.message = message;
  return record;
}

/// `record` as a gemm of extent `n`.
Record gemm(Record record, int n, const std::string& size_class) {
  const std::string extent = std::to_string(n);
  record.problem = "m:" + extent + "/n:" + extent + "/k:" + extent;
  record.size_class = size_class;
  record.flops = 2.0 * n * n * n;
  record.bytes = 3.0 * 4 * n * n;
  return record;
}

/// A probe of tensor units in bf16, whose peak is 8 times that of f32 and specified at 1.4 GHz.
Record probe(const std::string& variant, const std::string& instruction) {
  Record record = named(example::record(), variant, "derate");
  record.workload = "mma_chain";
  record.precision = "bf16";
  record.accumulator = "f32";
  record.units = "tensor";
  record.instruction = instruction;
  record.problem = "warps:800";
  record.bytes = 0;
  record.peak_per_clock = 8 * example::kPerClock;
  record.peak_instruction = "wgmma";
  record.peak_source = "100 SMs (invented) x 1024 bf16 FMA per clock (invented tensor units)";
  record.clock_specified_hz = 1.4e9;
  record.clock_specified_source = "invented data sheet, tensor figures";
  return record;
}

/// What the report has to tell apart on tensor units: data, throttling, an instruction that is not
/// the peak's, a class whose rate is not the table's, modes, several devices at once.
template <typename Add>
void add_tensor_rows(double peak_f32, const Add& add) {
  const double work_s = example::record().flops / (8 * peak_f32);  // at 1.5 GHz
  Record throttled = probe("wgmma", "wgmma");
  throttled.throttled = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
  throttled.throttle_reasons = "power_cap";
  throttled.power_w = 300;
  throttled.throttled_power_s = 0.04;
  add(throttled, work_s * 1.5 / 1.2 / 0.96, 0.0005, 1.2e9);
  Record zeros = probe("wgmma", "wgmma");
  zeros.data = "zeros";
  zeros.throttled.assign(12, 0);
  add(zeros, work_s / 0.98, 0.0005, 1.5e9);
  add(probe("mma_sync", "mma.sync"), work_s / 0.6, 0.0005, 1.5e9);
  Record half = probe("wgmma", "wgmma");
  half.precision = "f16";
  add(half, work_s / 0.49, 0.0005, 1.5e9);
  Record sustained = throttled;
  sustained.mode = "sustained";
  sustained.energy_j = 2;
  sustained.energy_step_j = 0.1;
  sustained.energy_time_s = 0.01;
  sustained.throttled.assign(12, 1);
  add(sustained, work_s * 1.5 / 1.1 / 0.96, 0.0005, 1.1e9);
  sustained.devices_at_once = 2;
  sustained.throttle_reasons = "power_cap,thermal";
  sustained.other_processes = 1;
  add(sustained, work_s * 1.5 / 1.0 / 0.96, 0.0005, 1.0e9);
}

/// An own variant that reaches more of the library at the same clock, and one without a clock.
template <typename Add>
void add_side_by_side(double peak, unsigned round, const Add& add) {
  const auto turn = [&](Record record, double share, double noise, double clock_hz) {
    record = gemm(record, 8192, "large");
    record.side_by_side = "2026-01-02T03:0" + std::to_string(round) + ":00.000Z";
    add(record, record.flops / peak / share, noise, clock_hz);
  };
  const auto on_zeros = [](Record record) {
    record.data = "zeros";
    return record;
  };
  const Record own = example::record();
  const Record library = named(own, "library", "examplelib");
  turn(library, 0.85, 0.002, 1.4e9);
  turn(own, 0.75 + 0.005 * round, 0.002, 1.25e9);
  turn(on_zeros(library), 0.9, 0.002, 1.5e9);
  turn(on_zeros(own), 0.88, 0.002, 1.5e9);
  turn(named(own, "naive", "derate"), 0.05, 0.001, kUnknown);
}

/// Round `round` of every kind of row that a report can hold.
std::vector<Record> one_round(unsigned round) {
  const double drift = 1 + 0.002 * round;  // rounds differ by more than the noise within one
  const double peak = example::kPerClock * example::kSpecified_hz;
  const Record library = gemm(named(example::record(), "library", "examplelib"), 4096, "large");
  const Record tiled = gemm(example::record(), 4096, "large");
  std::vector<Record> records;
  const auto add = [&](Record record, double time_s, double noise, double clock_hz) {
    if (time_s > 0)
      record = with_samples(record, time_s * drift, noise, 12, clock_hz, 10 + 5 * round);
    record.time_utc = "2026-01-02T03:0" + std::to_string(round) + ":05Z";
    records.push_back(record);
  };
  add(library, library.flops / peak / 0.82, 0.002, 1.44e9);
  add(gemm(library, 8192, "large"), 8 * library.flops / peak / 0.86, 0.002, 1.42e9);
  add(gemm(library, 512, "small"), library.flops / 512 / peak / 0.31, 0.01, 1.5e9);
  add(with_outcome(tiled, "unstable", "the time limit came before the interval was narrow enough"),
      tiled.flops / peak / 0.5, 0.3, 1.45e9);
  add(with_outcome(named(tiled, "naive", "derate"), "incorrect",
                   "element 4097 is 12.5, the reference says 12.75"),
      0, 0, 0);
  add(with_outcome(named(tiled, "asynchronous", "derate"), "unsupported",
                   "needs asynchronous copies | of a later architecture"),
      0, 0, 0);
  Record chain = named(example::record(), "registers", "derate");
  chain.workload = "fma_chain";
  chain.problem = "n:819200";
  chain.instruction = chain.peak_instruction = "FFMA";
  chain.bytes = 0;
  add(chain, chain.flops / peak / 0.97, 0.0005, 1.49e9);
  Record impossible = with_outcome(chain, "suspect", "faster than its peak at the measured clock");
  impossible.precision = impossible.accumulator = "f64";
  impossible.peak_per_clock = example::kPerClock / 2;
  impossible.peak_source = "100 SMs (invented) x 64 f64 FMA per clock (invented)";
  add(impossible, chain.flops / peak / 0.6, 0.0005, 1.5e9);  // 120 % of half the peak
  add_tensor_rows(peak, add);
  Record unwell = example::memory_record();
  unwell.memory_clock_ratio = 0.5;
  unwell.ecc_corrected = 2;
  unwell.ecc_uncorrected = 0;
  unwell.clock_setting = 1;
  unwell.pcie_link = "4 x16";
  unwell.pcie_link_maximum = "5 x16";
  add(unwell, 1e-3 / 0.91, 0.004, 1.5e9);
  Record hot = example::memory_record();  // in a cache, faster than the memory: not suspect
  hot.problem = "n:1000000";
  hot.size_class = "small";
  hot.cache = "hot";
  hot.flops = 1e6;
  hot.bytes = 12e6;
  add(hot, 12e6 / 5e12, 0.01, 1.5e9);
  add_side_by_side(peak, round, add);
  return records;
}

std::vector<Row> golden_rows() {
  Aggregate summary;
  const ReadResult result =
      read_records(kFolder / "records.jsonl", [&](const Record& r) { summary.add(r); });
  EXPECT_TRUE(result.bad.empty());
  return summary.rows();
}

TEST(Golden, Records) {
  std::string lines;
  for (unsigned round = 0; round < 3; ++round) {
    for (const Record& record : one_round(round)) lines += to_json_line(record) + "\n";
  }
  expect_golden("records.jsonl", lines);
}

TEST(Golden, ReportAsTable) {
  expect_golden("report.txt", render_report(golden_rows(), {}, Format::table));
}

TEST(Golden, ReportAsMarkdown) {
  expect_golden("report.md", render_report(golden_rows(), {}, Format::markdown));
}

TEST(Golden, ReportAsCsv) {
  expect_golden("report.csv", render_report(golden_rows(), {}, Format::csv));
}

TEST(Golden, ReportAsJson) {
  expect_golden("report.json", render_report(golden_rows(), {}, Format::json));
}

TEST(Golden, ReportAgainstACalibration) {
  std::vector<Row> rows = golden_rows();
  Calibration calibration = calibrate(rows);
  for (Factor& factor : calibration.factors) {
    if (factor.workload != "gemm") continue;
    factor.eta.value *= 1.1;
    factor.eta.interval.low *= 1.1;
    factor.eta.interval.high *= 1.1;
  }
  compare_with(calibration, rows, false);
  expect_golden("report_compared.txt", render_report(rows, {}, Format::table));
}

TEST(Golden, CalibrationAsJson) {
  expect_golden("calibration.json", to_json(calibrate(golden_rows())));
}

TEST(Golden, CalibrationAsTable) {
  expect_golden("calibration.txt", render(calibrate(golden_rows()), Format::table));
}

/// With a model whose parameters are round numbers: what a fit gives hangs on the machine's maths.
Calibration calibration_with_model() {
  Calibration calibration = calibrate(golden_rows());
  CalibratedGemm gemm{"library", "examplelib", "examplelib 1.2", "f32",       "uniform",
                      "cold",    "burst",      "specified",      "specified", {}};
  gemm.model.peaks = {38.4e12, 2e12, 100, 4, 4};
  gemm.model.knee = {0.85, 0.75, 5e-6, 2.5};
  gemm.model.waves = {{0.9, 0.8, 4e-6, 3}, 2, 150, 0.25};
  gemm.model.waves_weight = 0.25;
  gemm.model.nugget_octaves = 0.2;
  gemm.model.score_scale = 1.1;
  gemm.model.score_slope = 0.9;
  for (const std::int64_t m : {16, 128, 1000, 8192}) {
    for (const std::int64_t n : {512, 4096, 11008}) {
      for (const std::int64_t k : {512, 4096, 14336}) {
        const double time_s = gemm_flop({m, n, k}) / 32e12 + 1e-5;
        gemm.model.samples.push_back({{m, n, k}, std::round(time_s * 1e8) / 1e8});
      }
    }
  }
  calibration.gemm_models.push_back(gemm);
  return calibration;
}

TEST(Golden, CalibrationWithAModelAsJson) {
  expect_golden("calibration_shapes.json", to_json(calibration_with_model()));
}

TEST(Golden, CalibrationWithAModelAsTable) {
  expect_golden("calibration_shapes.txt", render(calibration_with_model(), Format::table));
}

TEST(Golden, CalibrationWithAModelPredicts) {
  const Calibration calibration = read_calibration(kFolder / "calibration_shapes.json");
  const GemmPrediction found = predict_gemm(calibration, "f32", {1000, 4096, 4096});
  EXPECT_NEAR(found.time_s, 1.06e-3, 0.02e-3);  // a shape that was measured
  EXPECT_FALSE(found.extrapolated);
}

TEST(Golden, HoldsOneRowOfEveryKind) {
  std::vector<int> counts(6, 0);
  int above_one = 0;
  for (const Row& row : golden_rows()) {
    ++counts[static_cast<std::size_t>(row.outcome)];
    if (row.cache == "hot") above_one += row.eta.value > 1 && row.outcome == Outcome::passed;
  }
  EXPECT_EQ(counts, (std::vector<int>{16, 1, 2, 1, 1, 0}));  // as the enum: passed, unstable, ...
  EXPECT_EQ(above_one, 1);
}

}  // namespace
}  // namespace derate
