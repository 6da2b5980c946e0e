// SPDX-License-Identifier: Apache-2.0
// A file that a process wrote, and what is read from it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "golden/example_gpu.h"
#include "regression/results/benchmark_result.h"
#include "unit/own_path.h"

namespace derate {

class ResultsTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return file_;
  }
  ProcessReport read(const std::string& text) { return read_process(write(text)); }

  /// The only result of Google Benchmark's JSON with these rows.
  BenchmarkResult only(const std::string& rows) {
    const ProcessReport report = read(google(rows));
    EXPECT_EQ(report.results.size(), 1u);
    return report.results.front();
  }

  std::string refusal(const std::string& text) {
    try {
      static_cast<void>(read(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return error.what();
    }
    return "read";
  }

  static std::string google(const std::string& rows) {
    return R"({
  "context": {
    "date": "2026-01-02T03:04:05+00:00",
    "host_name": "example",
    "executable": "./example_bench",
    "num_cpus": 8,
    "mhz_per_cpu": 2600,
    "cpu_scaling_enabled": false,
    "caches": [],
    "load_avg": [0.5,0.25],
    "library_build_type": "release",
    "driver_version": "100.00",
    "colour": "blue"
  },
  "benchmarks": [
)" + rows + "\n  ]\n}\n";
  }

  static std::string row(const std::string& name, const std::string& time,
                         const std::string& more = "") {
    return R"({"name": ")" + name + R"(", "run_name": ")" + name +
           R"(", "run_type": "iteration", "iterations": 100, "real_time": )" + time +
           R"(, "cpu_time": 5.0, "time_unit": "us")" + more + "}";
  }

  static Record record(const std::string& run, double time_s) {
    Record result = example::with_samples(example::record(), time_s);
    result.run = run;
    return result;
  }

  std::filesystem::path folder_ = test::own_path("derate_results_");
  std::filesystem::path file_ = folder_ / "file";
};

}  // namespace derate
