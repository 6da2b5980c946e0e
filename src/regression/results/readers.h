// SPDX-License-Identifier: Apache-2.0
// What read_process() is made of: one reader for each format.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_file.h"
#include "regression/results/benchmark_result.h"

namespace derate {

enum class Runs { apart, together };

/// A format of results: how its files begin, and its reader, which gives one report for each run of
/// the file (or a single one of all of them), at least one, and throws Error(invalid_input).
struct Reader {
  bool (*is_of)(std::string_view beginning);
  std::vector<ProcessReport> (*read)(InputFile& file, Runs runs);
};

/// derate's records, runs in the order in which they began.
[[nodiscard]] bool begins_records(std::string_view beginning);
[[nodiscard]] std::vector<ProcessReport> reports_of_records(InputFile& file, Runs runs);

/// What Google Benchmark writes for --benchmark_format=json: one run.
[[nodiscard]] bool begins_google_benchmark(std::string_view beginning);
[[nodiscard]] std::vector<ProcessReport> reports_of_google_benchmark(InputFile& file, Runs runs);
/// The same of a text; `name` is that of its file.
[[nodiscard]] ProcessReport report_of_google_benchmark(const std::string& name, std::string text);

inline constexpr std::array kReaders = {
    Reader{begins_records, reports_of_records},
    Reader{begins_google_benchmark, reports_of_google_benchmark}};

}  // namespace derate
