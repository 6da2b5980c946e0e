// SPDX-License-Identifier: Apache-2.0
// What read_process() is made of: a reader for each format. derate's records come line by line; the
// others are JSON, which is read as a whole and told by what its root holds.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_file.h"
#include "base/json_file.h"
#include "regression/results/benchmark_result.h"

namespace derate {

enum class Runs { apart, together };

/// How files begin, and their reader, which gives one report for each run of the file (or a single
/// one of all of them), at least one, and throws Error(invalid_input).
struct Reader {
  bool (*is_of)(std::string_view beginning);
  std::vector<ProcessReport> (*read)(InputFile& file, Runs runs);
};

/// derate's records, runs in the order in which they began.
[[nodiscard]] bool begins_records(std::string_view beginning);
[[nodiscard]] std::vector<ProcessReport> reports_of_records(InputFile& file, Runs runs);

/// JSON with or without other output around it: one run.
[[nodiscard]] bool begins_json(std::string_view beginning);
[[nodiscard]] std::vector<ProcessReport> reports_of_json(InputFile& file, Runs runs);
/// The same of a text; `name` is that of its file.
[[nodiscard]] ProcessReport report_of_json(const std::string& name, std::string text);

inline constexpr std::array kReaders = {Reader{begins_records, reports_of_records},
                                        Reader{begins_json, reports_of_json}};

/// A format of JSON: whether a root is of it, and its reader, which throws Error(invalid_input)
/// that names the field.
struct JsonFormat {
  std::string_view name;  ///< for people
  bool (*is_of)(const JsonFile::Json& root);
  ProcessReport (*read)(const JsonFile& file);
};

[[nodiscard]] bool is_nvbench(const JsonFile::Json& root);
[[nodiscard]] ProcessReport read_nvbench(const JsonFile& file);
[[nodiscard]] bool is_pytest_benchmark(const JsonFile::Json& root);
[[nodiscard]] ProcessReport read_pytest_benchmark(const JsonFile& file);
[[nodiscard]] bool is_google_benchmark(const JsonFile::Json& root);
[[nodiscard]] ProcessReport read_google_benchmark(const JsonFile& file);
[[nodiscard]] bool is_list_of_times(const JsonFile::Json& root);
[[nodiscard]] ProcessReport read_list_of_times(const JsonFile& file);

/// Google Benchmark's roots are the least particular of those that hold "benchmarks".
inline constexpr std::array kJsonFormats = {
    JsonFormat{"nvbench", is_nvbench, read_nvbench},
    JsonFormat{"pytest-benchmark", is_pytest_benchmark, read_pytest_benchmark},
    JsonFormat{"Google Benchmark", is_google_benchmark, read_google_benchmark},
    JsonFormat{"a list of names and times", is_list_of_times, read_list_of_times}};

/// "Google Benchmark, nvbench, ...", for people.
[[nodiscard]] std::string names_of_json_formats();

}  // namespace derate
