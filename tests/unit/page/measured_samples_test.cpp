// SPDX-License-Identifier: Apache-2.0
// Samples that a page shows: times, rounds, and how many are kept.
#include "page/measured_samples.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "golden/example_gpu.h"
#include "unit/record/rows_of.h"

namespace derate::page {
namespace {

Record round_of(const std::string& time_utc, std::vector<double> samples_s) {
  Record record = example::record();
  record.time_utc = time_utc;
  record.launches_per_sample = 2;
  record.clocks_hz.assign(samples_s.size(), 1e9);
  record.samples_s = std::move(samples_s);
  return record;
}

MeasuredSamples measured(const std::vector<Record>& records) {
  MeasuredSamples samples;
  for (const Record& record : records) samples.add(record);
  return samples;
}

TEST(MeasuredSamples, TimesComeFromTheEndOfEachRound) {
  const std::vector<Record> records = {round_of("2026-01-02T03:00:10.500Z", {1, 2}),
                                       round_of("2026-01-02T03:00:20Z", {0.5})};
  const std::vector<Sample> found = measured(records).of(test::rows_of(records));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_NEAR(found[0].time_s, 0, 1e-6);  // 6 s before the end
  EXPECT_NEAR(found[1].time_s, 2, 1e-6);
  EXPECT_NEAR(found[2].time_s, 14.5, 1e-6);
  EXPECT_EQ(found[2].round, 2);
  EXPECT_EQ(found[0].clock_hz, 1e9);
  EXPECT_TRUE(std::isnan(found[0].power_w));
  EXPECT_DOUBLE_EQ(found[1].rate, records[0].flops / 2);
}

TEST(MeasuredSamples, RoundsDoNotOverlapNorHangOnTheOrderOfFiles) {
  const std::vector<Record> records = {round_of("2026-01-02T03:00:10Z", {3}),
                                       round_of("2026-01-02T03:00:09Z", {3})};
  const std::vector<Sample> found = measured(records).of(test::rows_of(records));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[1].time_s, 6, 1e-6);
  EXPECT_EQ(found[0].round, 2);
}

TEST(MeasuredSamples, ThinsEvenlyWhatIsTooMuch) {
  std::vector<Record> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back(round_of("2026-01-02T03:00:00Z", std::vector<double>(1000, 1e-3)));
    records.back().problem = "n:" + std::to_string(i);
  }
  const MeasuredSamples samples = measured(records);
  std::vector<int> of_row(100, 0);  // of 1,000 every eighth
  for (const Sample& sample : samples.of(test::rows_of(records))) ++of_row[sample.row];
  EXPECT_EQ(of_row, std::vector<int>(100, 125));
}

TEST(MeasuredSamples, AreOfTheirOwnRowAndOfNoOther) {
  const Record record = round_of("2026-01-02T03:00:00Z", {1});
  const MeasuredSamples samples = measured({record});
  Row row = test::row_of(record);
  EXPECT_EQ(samples.of({&row, 1}).size(), 1u);
  row.variant = "another";
  EXPECT_TRUE(samples.of({&row, 1}).empty());
}

TEST(MeasuredSamples, BelongToTheRowOfTheirSpecifiedClock) {
  const Record first = round_of("2026-01-02T03:00:00Z", {1});
  Record second = round_of("2026-01-02T03:00:10Z", {1, 1});
  second.clock_specified_hz += 1e8;
  const std::vector<Row> rows = test::rows_of({first, second});
  ASSERT_EQ(rows.size(), 2u);
  std::vector<std::pair<std::size_t, int>> places;
  for (const Sample& sample : measured({first, second}).of(rows)) {
    places.emplace_back(sample.row, sample.round);
  }
  EXPECT_EQ(places, (std::vector<std::pair<std::size_t, int>>{{0, 1}, {1, 1}, {1, 1}}));
}

}  // namespace
}  // namespace derate::page
