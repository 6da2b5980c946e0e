// SPDX-License-Identifier: Apache-2.0
// Records into waterfalls: what is cut, double, without a clock, of another machine, or far apart.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "attribution/waterfall.h"
#include "unit/attribution/simulated_stages.h"
#include "unit/own_path.h"

namespace derate::attribution_test {
namespace {

/// The records of rounds as they are measured, for a test to change.
std::vector<Record> records_of(int rounds, const Simulated& simulated = {}) {
  std::vector<Record> records;
  for (int round = 0; round < rounds; ++round) {
    simulated.measure_records(round, [&](const Record& record) { records.push_back(record); });
  }
  return records;
}

std::vector<Waterfall> waterfalls_of(const std::vector<Record>& records) {
  Attribution attribution;
  for (const Record& record : records) attribution.add(record);
  return attribution.waterfalls();
}

bool any_note(const Waterfall& waterfall, const std::string& words) {
  return std::any_of(waterfall.notes.begin(), waterfall.notes.end(), [&](const std::string& note) {
    return note.find(words) != std::string::npos;
  });
}

TEST(Attribution, CountsRecordsThatStandThereTwiceOnce) {
  std::vector<Record> records = records_of(3);
  const Waterfall once = waterfalls_of(records).at(0);
  const std::vector<Record> again = records;
  records.insert(records.end(), again.begin(), again.end());
  const Waterfall twice = waterfalls_of(records).at(0);
  EXPECT_EQ(twice.rounds, once.rounds);
  EXPECT_EQ(twice.eta.value, once.eta.value);
  EXPECT_EQ(twice.unexplained.value.interval.high, once.unexplained.value.interval.high);
}

TEST(Attribution, LeavesOutARoundThatWasCut) {
  std::vector<Record> records = records_of(4);
  const Waterfall whole = waterfalls_of(records_of(3)).at(0);
  std::erase_if(records, [](const Record& record) {
    return record.run == "run3" && record.stage != "whole" && !record.stage.empty();
  });
  const Waterfall cut = waterfalls_of(records).at(0);
  EXPECT_EQ(cut.rounds, 3);
  EXPECT_EQ(cut.steps.size(), whole.steps.size());
  EXPECT_TRUE(any_note(cut, "1 of 4 rounds are left out"));
}

TEST(Attribution, ALibraryIsJudgedWhereOneRoundLacksAStage) {
  std::vector<Record> records = records_of(3);
  Record library = records.back();
  library.variant = library.provider = "openblas";
  library.library = "OpenBLAS";
  records.push_back(library);
  std::erase_if(records, [](const Record& record) {
    return record.run == "run0" && record.stage == "whole_waves";
  });
  const Waterfall waterfall = waterfalls_of(records).at(0);
  EXPECT_EQ(waterfall.rounds, 2);
  EXPECT_EQ(waterfall.libraries.size(), 1U);
}

TEST(Attribution, AStageWithoutAClockIsNoStage) {
  std::vector<Record> records = records_of(3);
  for (Record& record : records) {
    if (record.stage == "l1") record.clocks_hz.assign(record.clocks_hz.size(), kUnknown);
  }
  const Waterfall waterfall = waterfalls_of(records).at(0);
  EXPECT_NEAR(factor_of(waterfall, "L1 cache and L2 cache").value, 0.99 * 0.97, 0.01);
  EXPECT_TRUE(any_note(waterfall, "without the stage l1"));
}

TEST(Attribution, KeepsMachinesOfOtherSizesApart) {
  std::vector<Record> records = records_of(3);
  for (Record record : records_of(3)) {
    record.compute_units = 1;
    record.peak_per_clock /= 2;
    records.push_back(record);
  }
  EXPECT_EQ(waterfalls_of(records).size(), 2U);
}

TEST(Attribution, ComparesARoundWithWhatWasMeasuredNextToIt) {
  std::vector<Record> records = records_of(1);
  // An earlier run of the same product, three times as slow.
  for (int round = 0; round < 5; ++round) {
    Record early = records.back();
    early.run = "early" + std::to_string(round);
    early.time_utc = "2026-11-29T12:00:0" + std::to_string(round) + "Z";
    for (double& time_s : early.samples_s) time_s *= 3;
    records.insert(records.begin(), early);
  }
  const Waterfall waterfall = waterfalls_of(records).at(0);
  EXPECT_NEAR(waterfall.unexplained.value.value, 1, 0.02);
}

TEST(Attribution, AnEmptyFileOfStagesIsSaidAndLeavesTheRest) {
  const std::filesystem::path folder = test::own_path("derate_stages_");
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "records.jsonl") << to_json_line(records_of(1).back()) << '\n';
  std::ofstream(folder / kStagesFile) << "";
  EXPECT_TRUE(waterfalls_of_runs({folder}, "").empty());
  std::filesystem::remove_all(folder);
}

TEST(Attribution, NamesTheWholesOfTheLastProcess) {
  std::vector<Record> records = records_of(3);
  Attribution attribution;
  for (const Record& record : records) attribution.add(record);
  const std::vector<Record> wholes = attribution.latest_wholes();
  ASSERT_EQ(wholes.size(), 1U);
  EXPECT_EQ(wholes.front().run, "run2");
}

}  // namespace
}  // namespace derate::attribution_test
