// SPDX-License-Identifier: Apache-2.0
// The summary of one screen.
#include "report/summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/fit_text.h"
#include "unit/report/checked_runs.h"

namespace derate {
namespace {

using test::chain;
using test::holds;

class Summary : public Files {
 protected:
  [[nodiscard]] std::string of(const std::vector<Record>& records, std::size_t width = 80) const {
    SummaryOptions options;
    options.width = width;
    options.page = "derate-out/20260102T030405Z-example-gpu/report.html";
    options.table = "derate report --all derate-out/20260102T030405Z-example-gpu";
    return summary(test::rows_of(records), references(), options);
  }

  static void expect_fits(const std::string& text, std::size_t width) {
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24) << text;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(fit_text::width(line), width) << line;
    }
  }

  /// Of `count` devices, the last a tenth slower.
  [[nodiscard]] static std::vector<Record> devices(int count) {
    std::vector<Record> all;
    for (int device = 0; device < count; ++device) {
      for (Record record : product(device == count - 1 ? 0.76 : 0.85)) {
        record.device_index = device;
        record.device_id = "example-" + std::to_string(device);
        all.push_back(record);
      }
    }
    return all;
  }
};

TEST_F(Summary, FitsAnyTerminal) {
  std::vector<Record> records = product(0.85);
  for (const char* precision : {"f64", "tf32", "bf16", "f16", "fp8", "i8", "fp4"}) {
    for (Record record : product(0.8)) {
      record.precision = precision;
      records.push_back(record);
    }
  }
  records.push_back(chain(0.99));
  Record read = example::with_samples(example::memory_record(), 1.1e-3);
  read.workload = "memory_read";
  read.variant = "DRAM";
  records.push_back(read);
  records.front().device_remark = std::string(10'000, 'x');
  for (const std::size_t width : {20u, 40u, 60u, 80u, 200u}) {
    expect_fits(of(records, width), width);
    expect_fits(of(devices(9), width), width);
  }
}

TEST_F(Summary, ShowsTheBarWithTheRulesBand) {
  const std::string text = of(product(0.5));
  EXPECT_TRUE(holds(text, "████████    ░░  ")) << text;
  EXPECT_TRUE(holds(text, "80-90 %")) << text;
  EXPECT_TRUE(holds(text, "slow: f32 gemm cublas 50 % where 80 to 90 % is usual")) << text;
}

TEST_F(Summary, SaysWhereTheShareWent) {
  const std::string text = of(product(0.6, [](Record& record) {
    std::fill(record.clocks_hz.begin(), record.clocks_hz.end(), 0.9 * example::kSpecified_hz);
    record.others_share = 0.04;
  }));
  // 10 points for the clock, 4 % of the other 90, and what is left of them.
  EXPECT_TRUE(holds(text, "clock 10 %, other programs 4 %, the code 26 %")) << text;
}

TEST_F(Summary, ShowsWholeSentencesOfALossInNarrowLines) {
  const auto slow = [](Record& record) {
    std::fill(record.clocks_hz.begin(), record.clocks_hz.end(), 0.9 * example::kSpecified_hz);
    record.others_share = 0.04;
  };
  std::string text = of(product(0.6, slow), 40);
  std::replace(text.begin(), text.end(), '\n', ' ');
  EXPECT_TRUE(holds(text, "clock 10 %, other programs 4 %, the code 26 %")) << text;
}

TEST_F(Summary, SaysThatTheEnvironmentChoseTheKernels) {
  const auto forced = [](Record& record) {
    record.library = "OpenBLAS 0.3.21 Haswell (forced by OPENBLAS_CORETYPE)";
  };
  const std::string sentence = "OPENBLAS_CORETYPE forces OpenBLAS's kernels";
  EXPECT_TRUE(holds(of(product(0.8, forced)), sentence));
  EXPECT_FALSE(holds(of(product(0.8)), sentence));
}

TEST_F(Summary, OfSeveralDevicesNamesTheSlowest) {
  const std::string text = of(devices(3));
  EXPECT_TRUE(holds(text, "3 x Example GPU")) << text;
  EXPECT_TRUE(holds(text, "slowest: f32 gemm cublas GPU 2")) << text;
  EXPECT_TRUE(holds(text, "GPU 2 slow: f32 gemm cublas 76 %")) << text;
}

TEST_F(Summary, ShowsNoControlCharactersOfAName) {
  std::vector<Record> records = product(0.85);
  for (Record& record : records) record.device_name = "Evil\x1b[2J\nGPU";
  EXPECT_EQ(of(records).find('\x1b'), std::string::npos);
  EXPECT_TRUE(holds(of(records), "Evil\\u{1b}[2J\\u{a}GPU")) << of(records);
  expect_fits(of(records), 80);
}

}  // namespace
}  // namespace derate
