// SPDX-License-Identifier: Apache-2.0
// The report of rows as a page with plots: report.html.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "attribution/waterfall.h"
#include "base/json.h"
#include "derate/aggregate.h"
#include "derate/calibration.h"
#include "derate/record_file.h"
#include "page/measured_samples.h"

namespace derate::page {

/// More devices and rows than a page can show are counted on it and left to the other formats.
inline constexpr std::size_t kMostDevices = 16;
inline constexpr std::size_t kMostRows = 2'000;
inline constexpr std::size_t kFewestRows = 50;  ///< of each device, if it has so many

struct ReportInput {
  std::span<const Row> rows;
  std::span<const BadLine> bad;
  const MeasuredSamples& samples;
  std::span<const Calibration> calibrations;   ///< whose GEMM models are shown; of any devices
  std::span<const Waterfall> waterfalls = {};  ///< likewise
};

/// What src/page/report.js shows.
[[nodiscard]] nlohmann::ordered_json report_data(const ReportInput& input);

/// The page as a whole.
[[nodiscard]] std::string report_html(const ReportInput& input);

}  // namespace derate::page
