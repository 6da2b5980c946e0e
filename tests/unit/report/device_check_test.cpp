// SPDX-License-Identifier: Apache-2.0
// Classes, what is usual, verdicts and the summary, of records of an invented device.
#include "report/device_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "base/fit_text.h"
#include "derate/error.h"
#include "golden/example_gpu.h"
#include "report/summary.h"
#include "unit/record/rows_of.h"
#include "unit/report/example_records.h"

namespace derate {
namespace {

using test::chain;
using test::holds;

/// A library's product in three rounds, which take `eta` of the peak.
std::vector<Record> product(double eta, const std::function<void(Record&)>& change = {}) {
  std::vector<Record> rounds;
  for (int round = 0; round < 3; ++round) {
    Record record = test::gemm(eta);
    record = example::with_samples(record, 1e-3 / eta * (1 + 0.001 * round), 0.002, 12,
                                   example::kSpecified_hz);
    record.run = "run-" + std::to_string(round);
    record.variant = "cublas";
    record.provider = "cublas";
    if (change) change(record);
    rounds.push_back(record);
  }
  return rounds;
}

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "derate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    home_ = name;
  }
  ~Files() override { std::filesystem::remove_all(home_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = home_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  /// The records of an earlier or later run.
  void write_run(const std::string& file, double eta, const char* time_utc) const {
    std::ostringstream lines;
    for (Record record : product(eta)) {
      record.time_utc = time_utc;
      lines << to_json_line(record) << '\n';
    }
    write(file, lines.str());
  }

  /// What is usual of the example's product: 80 to 90 % of five collections.
  [[nodiscard]] References references(const std::string& figures = "0.80,0.90,,5") const {
    return References::of_file(
        write("reference.csv",
              "device,workload,precision,problem,mode,eta_low,eta_high,devices,collections,source,"
              "licence\nOther GPU | Example GPU,gemm,f32,m:4096/n:4096/k:4096,burst," +
                  figures + ",\"someone, 2026\",CC0\n"));
  }

  [[nodiscard]] DeviceVerdict verdict(const std::vector<Record>& records,
                                      const std::string& figures = "0.80,0.90,,5") const {
    const std::vector<Row> rows = test::rows_of(records);
    return check_devices(rows, references(figures), EarlierRuns({home_ / "now"})).front().verdict;
  }

  std::filesystem::path home_;
};

struct VerdictCase {
  const char* what;
  std::vector<Record> records;
  DeviceState state;
  const char* reason;
};

TEST_F(Files, EachCaseHasItsVerdict) {
  const std::vector<VerdictCase> cases = {
      {"as usual", product(0.85), DeviceState::healthy, "f32 within what is usual"},
      {"above", product(0.95), DeviceState::healthy, "within"},
      {"a tenth lower", product(0.765), DeviceState::slow, "76 % where 80 to 90 % is usual"},
      {"stolen time", product(0.765, [](Record& r) { r.others_share = 0.2; }),
       DeviceState::disturbed, "20 %"},
      {"another process", product(0.85, [](Record& r) { r.other_processes = 1; }),
       DeviceState::disturbed, "1 other process"},
      {"power cap", product(0.85, [](Record& r) { r.throttle_reasons = "power_cap"; }),
       DeviceState::healthy, "within"},
      {"heat", product(0.85, [](Record& r) { r.throttle_reasons = "thermal"; }), DeviceState::slow,
       "held down by thermal"},
      {"ECC", product(0.85, [](Record& r) { r.ecc_uncorrected = 1; }), DeviceState::slow,
       "ECC errors"},
      {"ECC, disturbed",
       product(0.85,
               [](Record& r) {
                 r.ecc_uncorrected = 1;
                 r.others_share = 0.5;
               }),
       DeviceState::slow, "ECC errors"},
      {"narrow link",
       product(0.85,
               [](Record& r) {
                 r.pcie_link = "4 x8";
                 r.pcie_link_maximum = "5 x16";
               }),
       DeviceState::slow, "PCIe"},
      {"another device", product(0.85, [](Record& r) { r.device_name = "Nobody's"; }),
       DeviceState::not_known, "no reference"},
      {"own code", product(0.5, [](Record& r) { r.provider = "derate"; }), DeviceState::not_known,
       "no reference"},
  };
  for (const VerdictCase& each : cases) {
    const DeviceVerdict found = verdict(each.records);
    EXPECT_EQ(found.state, each.state) << each.what;
    EXPECT_TRUE(holds(found.reasons.front(), each.reason)) << each.what << found.reasons.front();
  }
}

TEST_F(Files, OneCollectionIsShownAndJudgesNothing) {
  EXPECT_EQ(verdict(product(0.5), "0.9,0.9,1,1").state, DeviceState::not_known);
}

TEST_F(Files, EarlierRunsJudgeWhereThereIsNoReference) {
  std::filesystem::create_directory(home_ / "now");
  for (int run = 0; run < 4; ++run) {
    write_run("2026112" + std::to_string(run) + "/records.jsonl", 0.85 + 0.002 * run,
              "2026-01-01T00:00:00Z");
  }
  write("2026112x/records.jsonl", "no record at all\n");
  EXPECT_EQ(verdict(product(0.85), "0.1,0.1,1,1").state, DeviceState::healthy);
  const DeviceVerdict low = verdict(product(0.80), "0.1,0.1,1,1");
  EXPECT_EQ(low.state, DeviceState::slow);
  EXPECT_TRUE(holds(low.reasons.front(), "was delivered earlier")) << low.reasons.front();
}

TEST_F(Files, TheReasonIsTheRangeThatJudged) {
  std::filesystem::create_directory(home_ / "now");
  for (int run = 0; run < 4; ++run) {
    write_run("2026010" + std::to_string(run) + "/records.jsonl", 0.95 + 0.002 * run,
              "2026-01-01T00:00:00Z");
  }
  const DeviceVerdict low =
      verdict(product(0.85), "0.97,0.97,1,1");  // of one, which judges nothing
  EXPECT_EQ(low.state, DeviceState::slow);
  EXPECT_TRUE(holds(low.reasons.front(), "was delivered earlier")) << low.reasons.front();
}

TEST_F(Files, LaterRunsAreNoEarlierOnes) {
  std::filesystem::create_directory(home_ / "now");
  for (int run = 0; run < 4; ++run) {
    write_run("2026120" + std::to_string(run) + "/records.jsonl", 0.95, "2026-12-01T00:00:00Z");
  }
  EXPECT_EQ(verdict(product(0.85), "0.1,0.1,1,1").state, DeviceState::not_known);
}

TEST_F(Files, AHistoryCountsWhereTheFoldersHoldNothing) {
  std::filesystem::create_directory(home_ / "now");
  const std::vector<Row> rows = test::rows_of(product(0.85));
  const Row& row = rows.front();
  const auto usual = [&](const std::string& id, const std::string& time_utc) {
    EarlierRuns earlier({home_ / "now"});
    for (const double rate : {1e12, 1.1e12}) {
      earlier.add_from_history(id, "cuda/gemm/cublas/f32 m:4096/n:4096/k:4096", {time_utc, rate});
    }
    return earlier.usual(row);
  };
  const std::string before = "2025-12-31T00:00:00Z";
  const auto found = usual(row.context->device_id, before);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, "the history");
  EXPECT_TRUE(found->low < 1e12 && found->high > 1.1e12);
  EXPECT_FALSE(usual("another device", before));
  EXPECT_FALSE(usual(row.context->device_id, "2026-12-31T00:00:00Z"));
  write_run("20260101/records.jsonl", 0.85, "2026-01-01T00:00:00Z");
  EXPECT_EQ(usual(row.context->device_id, before)->source, "earlier runs");
}

TEST_F(Files, RunsOfSeveralDevicesAreFoundOneFolderUp) {
  std::filesystem::create_directories(home_ / "now/cuda0");
  for (int run = 0; run < 4; ++run) {
    write_run("2026010" + std::to_string(run) + "/cuda0/records.jsonl", 0.85 + 0.002 * run,
              "2026-01-01T00:00:00Z");
  }
  const std::vector<Row> rows = test::rows_of(product(0.85));
  const EarlierRuns earlier({home_ / "now/cuda0"});
  ASSERT_TRUE(earlier.usual(rows.front()));
  EXPECT_EQ(earlier.usual(rows.front())->figures, 4);
}

TEST_F(Files, SeveralDevicesAreNamedByNumber) {
  std::vector<Record> records = product(0.85);
  for (Record record : product(0.5)) {
    record.device_index = 1;
    record.device_id = "example-0001";
    records.push_back(record);
  }
  const std::vector<Row> rows = test::rows_of(records);
  const auto checks = check_devices(rows, references(), EarlierRuns({home_ / "now"}));
  EXPECT_TRUE(holds(verdict_lines(checks), "slow: Example GPU, GPU 1: ")) << verdict_lines(checks);
  EXPECT_TRUE(holds(verdict_lines(checks), "healthy: Example GPU, GPU 0: "));
}

TEST_F(Files, AReferenceIsOfAProblemOrElseOfItsClassOfSizes) {
  const References references = References::of_file(write(
      "sizes.csv",
      R"(device,workload,precision,problem,mode,eta_low,eta_high,devices,collections,source,licence
Example GPU,gemm,f32,large,burst,0.5,0.6,,1,a table,CC0
Example GPU,gemm,f32,m:4096/n:4096/k:4096,burst,0.8,0.9,,5,a table,CC0
Example GPU,memory_triad,f32,large,burst,0.7,0.8,,1,a table,CC0
)"));
  Row row = test::rows_of(product(0.85)).front();
  EXPECT_EQ(references.usual(row)->low, 0.8);
  row.problem = "m:8192/n:8192/k:8192";
  EXPECT_EQ(references.usual(row)->low, 0.5);
  row.size_class = "small";
  EXPECT_FALSE(references.usual(row));
  row.size_class = "large";
  row.provider = "derate";  // products of others are a library's
  EXPECT_FALSE(references.usual(row));
  row.workload = "memory_triad";  // and their streams are their own, as here
  EXPECT_EQ(references.usual(row)->low, 0.7);
}

TEST_F(Files, BadReferencesAreNamedByLine) {
  for (const auto& [text, words] : std::map<std::string, std::string>{
           {"a,b\n", "line 1: 2 fields"},
           {"# remark\nd,w,p,x,m,0.5,zero,1,2,s,l\n", "line 2: field \"eta_high\" is \"zero\""},
           {"d,w,p,x,m,0.5,0.4,1,2,s,l\n", "line 1: field \"eta_low\" is above"},
           {"d,w,p,x,m,-1,0.4,1,2,s,l\n", "line 1: field \"eta_low\" is \"-1\""},
           {"d,w,p,x,m,0.1,0.4,1,,s,l\n", "line 1: field \"collections\" is \"\""}}) {
    try {
      static_cast<void>(References::of_file(write("bad.csv", text)));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      EXPECT_TRUE(holds(error.what(), words)) << error.what();
    }
  }
}

TEST(Usual, IsTheIntervalOfTheNextFigure) {
  // ln: mean -0.2231, deviation 0.1; t of 2 degrees of freedom is 2.920.
  const std::array figures = {0.8 * std::exp(-0.1), 0.8, 0.8 * std::exp(0.1)};
  const Usual usual = usual_of(figures, "");
  const double half = 2.920 * 0.1 * std::sqrt(1 + 1.0 / 3);
  EXPECT_NEAR(usual.low, 0.8 * std::exp(-half), 1e-3);
  EXPECT_NEAR(usual.high, 0.8 * std::exp(half), 1e-3);
  EXPECT_FALSE(usual_of(std::span(figures).first(1), "").is_range());
}

/// Every figure of the collections, held against the range of the other collections.
TEST(Usual, HoldsNineInTenOfTheCollectionsLeftOut) {
  std::ifstream file(std::string(DERATE_SHARED_DATA) + "/gemm_eta_collections.csv");
  if (!file) GTEST_SKIP() << "no collections of other people's figures here";
  std::map<std::string, std::vector<double>> cells;
  for (std::string line; std::getline(file, line);) {
    const std::size_t eta = line.rfind(',');
    const std::size_t collection = line.rfind(',', eta - 1);
    if (line.starts_with('#') || line.starts_with("device,")) continue;
    cells[line.substr(0, collection)].push_back(std::stod(line.substr(eta + 1)));
  }
  double all = 0, held = 0, bf16 = 0, low = 0;
  for (const auto& [cell, etas] : cells) {
    if (etas.size() < 3) continue;
    for (std::size_t out = 0; out < etas.size(); ++out) {
      std::vector<double> others = etas;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(out));
      const Usual usual = usual_of(others, "");
      ++all;
      held += usual.low <= etas[out] && etas[out] <= usual.high;
      if (cell.find(",bf16,") == std::string::npos) continue;
      ++bf16;
      low += 0.75 * median(others) < usual.low;
    }
  }
  EXPECT_GT(all, 900);
  EXPECT_NEAR(held / all, 0.902, 0.005);
  EXPECT_GE(low / bf16, 0.80);
}

TEST(Reference, KnowsTheBuiltInDevices) {
  Record record = product(0.7).front();
  record.precision = "bf16";
  record.device_name = "NVIDIA H200";
  const std::vector<Row> rows = test::rows_of({record});
  const std::optional<Usual> usual = References::built_in().usual(rows.front());
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->figures, 10);
  EXPECT_NEAR(usual->low, 0.634, 0.001);
}

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
