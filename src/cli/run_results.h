// SPDX-License-Identifier: Apache-2.0
// What a run leaves in its folder besides the records, and prints.
#pragma once

#include <filesystem>

#include "cli/options/report_screen.h"
#include "derate/error.h"

namespace derate::cli {

/// Report, page and calibration from the records of one device. Files first: whoever reads the
/// output may leave early, and a full disk must not keep the report from the screen. Throws Error
/// where a file cannot be written, after all else.
[[nodiscard]] ExitCode write_results(const std::filesystem::path& folder, Format format,
                                     const ReportScreen& screen);

}  // namespace derate::cli
