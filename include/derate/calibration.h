// SPDX-License-Identifier: Apache-2.0
// Rows → a calibration: the derate factors of one device, with their intervals and with everything
// that says when they hold. docs/calibration.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/aggregate.h"
#include "derate/gemm_model.h"
#include "derate/report.h"

namespace derate {

inline constexpr std::int64_t kCalibrationSchema = 5;

/// One derate factor: a workload variant in one precision, for one class of sizes.
struct Factor {
  std::string workload;
  std::string variant;
  std::string provider;
  std::string library;
  std::string precision;
  std::string accumulator = {};
  std::string units = {};
  std::string size_class;
  std::string data;
  std::string cache;
  std::string mode = "burst";
  std::int64_t devices_at_once = 1;
  std::string bound;
  std::string problems = {};  ///< the problems measured, separated by spaces
  std::int64_t rounds = 0;
  std::int64_t samples = 0;
  /// Median over the problems of the class; the interval spans all of theirs.
  Estimate achieved = {};
  double peak = kUnknown;
  Estimate eta = {};           ///< against the specified clock
  Estimate eta_measured = {};  ///< against the measured clock
  double clock_hz = kUnknown;
  /// "passed", or "unstable" where one of the rows was; empty in files before schema 4.
  std::string outcome = {};
  double others_share = kUnknown;  ///< of the device, that other programs had; of the worst row
};

/// A model of the products of one variant in one precision, from random data on one device at a
/// time.
struct CalibratedGemm {
  std::string variant;
  std::string provider;
  std::string library;
  std::string precision;
  std::string data;
  std::string cache;
  std::string mode;
  /// What the peaks are that the model's shares are of: "specified"; "fastest measured", where no
  /// peak is known; "assumed", where nothing was measured either.
  std::string compute_peak;
  std::string memory_peak;
  GemmModelData model;
  std::int64_t unstable_rows = 0;  ///< of those that the samples are of
  double others_share = kUnknown;  ///< as of a factor
};

/// One factor of what a product lost (docs/attribution.md): all of a product multiply to its eta.
struct AttributedLoss {
  std::string workload;
  std::string variant;
  std::string provider;
  std::string precision;
  std::string problem;
  std::string size_class;
  std::string cache;
  std::string mode;
  std::int64_t rounds = 0;
  std::string factor;
  Estimate value = {};
};

struct Calibration {
  Context device;  ///< device and software fields; time_utc is that of the latest record
  std::vector<Factor> factors;
  std::vector<CalibratedGemm> gemm_models = {};
  std::vector<AttributedLoss> losses = {};  ///< product by product, in the order of their factors
};

/// Derate factors of the rows of one device, and a model for every variant of gemm that was
/// measured in at least kFewestGemmSamples shapes, as the suite `shapes` does; rows that are wrong,
/// failed or suspect have no part in it. Throws Error(invalid_input) when rows of several devices
/// or builds are mixed, or none is left.
[[nodiscard]] Calibration calibrate(std::span<const Row> rows);

[[nodiscard]] std::string to_json(const Calibration& calibration);
/// Throws Error(invalid_input) that names file and field.
[[nodiscard]] Calibration read_calibration(const std::filesystem::path& path);

/// The factor of a workload: on random data, with one device at a time. Cold caches go before hot
/// ones, sustained before burst, then the fastest variant. Null when there is none.
[[nodiscard]] const Factor* factor_of(const Calibration& calibration, std::string_view workload,
                                      std::string_view precision,
                                      std::string_view size_class = "large");

/// The model of products in `precision`, of any provider where none is named. A library goes before
/// our own code, since programs call it; then sustained before burst, cold caches before hot ones,
/// and the variant that reaches most. Null when there is none.
[[nodiscard]] const CalibratedGemm* gemm_model_of(const Calibration& calibration,
                                                  std::string_view precision,
                                                  std::string_view provider = {});

/// What that model says of a shape. Throws Error(not_comparable) when there is no such model, and
/// as GemmModel::predict() does. Whoever asks for many shapes makes a GemmModel of gemm_model_of()
/// once, which is most of the work.
[[nodiscard]] GemmPrediction predict_gemm(const Calibration& calibration,
                                          std::string_view precision, const GemmShape& shape,
                                          std::string_view provider = {}, double confidence = 0.9);

/// What to know before planning with it, to end a sentence on its source: ", unstable: other
/// programs had up to 12 % of the device". Empty where there is nothing.
[[nodiscard]] std::string doubt_of(const Factor& factor);
[[nodiscard]] std::string doubt_of(const CalibratedGemm& gemm);

/// Why `calibration` does not hold for a device: another backend, id, driver or number of compute
/// units. Empty when it holds.
[[nodiscard]] std::string mismatch(const Calibration& calibration, const Context& device);

/// Fills Row::calibrated where the calibration has a factor for the row's workload, size class and
/// library, and returns for how many. Throws Error(not_comparable) for another device, unless
/// forced, and when there is no such row.
std::size_t compare_with(const Calibration& calibration, std::span<Row> rows, bool force);

/// In any of the formats.
void write_table(std::ostream& out, const Calibration& calibration, Format format);
[[nodiscard]] std::string render(const Calibration& calibration, Format format);
[[nodiscard]] std::string calibration_json_schema();
[[nodiscard]] std::string document_calibration_fields();

}  // namespace derate
