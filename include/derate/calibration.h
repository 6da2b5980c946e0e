// SPDX-License-Identifier: Apache-2.0
// Rows → a calibration: the derate factors of one device, with their intervals and with everything
// that says when they hold. docs/calibration.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "derate/report.h"
#include "derate/summary.h"

namespace derate {

inline constexpr std::int64_t kCalibrationSchema = 2;

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
};

struct Calibration {
  Context device;  ///< device and software fields; time_utc is that of the latest record
  std::vector<Factor> factors;
};

/// Derate factors of the rows of one device; rows that are wrong, failed or suspect have no part in
/// it. Throws Error(invalid_input) when rows of several devices or builds are mixed, or none is
/// left.
[[nodiscard]] Calibration calibrate(std::span<const Row> rows);

[[nodiscard]] std::string to_json(const Calibration& calibration);
/// Throws Error(invalid_input) that names file and field.
[[nodiscard]] Calibration read_calibration(const std::filesystem::path& path);

/// Why `calibration` does not hold for a device: another backend, id, driver or number of compute
/// units. Empty when it holds.
[[nodiscard]] std::string mismatch(const Calibration& calibration, const Context& device);

/// Fills Row::calibrated where the calibration has a factor for the row's workload, size class and
/// library, and returns for how many. Throws Error(not_comparable) for another device, unless
/// forced, and when there is no such row.
std::size_t compare_with(const Calibration& calibration, std::span<Row> rows, bool force);

[[nodiscard]] std::string render(const Calibration& calibration, Format format);
[[nodiscard]] std::string calibration_json_schema();
[[nodiscard]] std::string document_calibration_fields();

}  // namespace derate
