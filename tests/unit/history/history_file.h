// SPDX-License-Identifier: Apache-2.0
// A folder for histories, and a process to put into them, for the tests of their files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "derate/error.h"
#include "history/history.h"

namespace derate::history {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directories(folder_);
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  static std::string unique_name() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    return "derate-history-" + std::string(test->name()) + "-" + std::to_string(getpid());
  }
  [[nodiscard]] std::filesystem::path file(const char* name = "h.sqlite") const {
    return folder_ / name;
  }

  /// What opening a file says, with the exit code.
  static std::pair<std::string, ExitCode> refusal(const std::filesystem::path& path,
                                                  Access access = Access::create) {
    try {
      History history(path, access, 0);
      (void)history.sessions();
      history.each_measurement({}, [](const Measurement&) {});
    } catch (const Error& error) {
      return {error.what(), error.code()};
    }
    return {"", ExitCode::ok};
  }

  static std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static void run_sql(const std::filesystem::path& path, const std::string& sql) {
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

 private:
  std::filesystem::path folder_;
};

inline ProcessReport report(double time_s, const std::string& driver = "580.1") {
  ProcessReport process;
  process.environments = {{{{"device_name", "Example GPU", true},
                            {"driver_version", driver, true},
                            {"os", "", false}}}};
  BenchmarkResult good;
  good.benchmark = "gemm";
  good.problem = "n:1";
  good.time_s = time_s;
  good.clock_hz = 1.98e9;
  good.amount = 1e9;
  good.amount_unit = "FLOP";
  good.code_hash = "abc";
  good.throttle_reasons = "power_cap";
  good.samples_s = {time_s, std::nextafter(time_s, 1), 5e-324, 1e300};
  BenchmarkResult bad;
  bad.benchmark = "copy";
  bad.outcome = Outcome::failed;
  bad.message = "out of memory";
  process.results = {good, bad};
  return process;
}

}  // namespace derate::history
