// SPDX-License-Identifier: Apache-2.0
// Verdicts on an invented device, by what is usual and by its earlier runs.
#include "report/device_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/report/checked_runs.h"

namespace derate {
namespace {

using test::holds;

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

}  // namespace
}  // namespace derate
