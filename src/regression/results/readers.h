// SPDX-License-Identifier: Apache-2.0
// What read_process() is made of: one reader for each format.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regression/results/benchmark_result.h"

namespace derate {

enum class Runs { apart, together };

/// One report for each run of a records file, in the order in which they began; or a single one of
/// all of them. At least one.
[[nodiscard]] std::vector<ProcessReport> reports_of_records(const std::filesystem::path& path,
                                                            Runs runs);

/// `text` is what the file `name` holds. Throws Error(invalid_input) when that is not what Google
/// Benchmark writes for --benchmark_format=json.
[[nodiscard]] ProcessReport report_of_google_benchmark(const std::string& name, std::string text);

}  // namespace derate
