// SPDX-License-Identifier: Apache-2.0
// Rows measured side by side → ratios, their intervals, and why there is none.
#include "record/side_by_side.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "derate/calibration.h"
#include "derate/error.h"
#include "derate/report.h"
#include "golden/example_gpu.h"

namespace derate {
namespace {

constexpr double kUnit_s = 1e-3;

/// Samples of an own variant, or of the library, in round `round`.
Record turn(bool own, int round, const std::vector<double>& times_s, double clock_hz = 1.5e9) {
  Record record = example::record();
  record.side_by_side = "2026-01-02T03:0" + std::to_string(round) + ":00.000Z";
  record.time_utc = "2026-01-02T03:0" + std::to_string(round) + ":05Z";
  if (!own) {
    record.variant = "library";
    record.provider = "examplelib";
    record.library = "examplelib 1.2";
  }
  record.samples_s = times_s;
  record.clocks_hz.assign(times_s.size(), clock_hz);
  return record;
}

Record on_zeros(Record record) {
  record.data = "zeros";
  return record;
}

std::vector<double> steady(double time_s) { return std::vector<double>(12, time_s); }

std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

/// The only comparison that these records make.
class Compared {
 public:
  explicit Compared(const std::vector<Record>& records) : rows_(rows_of(records)) {
    const std::vector<SideBySide> all = compare_side_by_side(rows_);
    EXPECT_EQ(all.size(), 1u);
    if (!all.empty()) comparison_ = all.front();
  }
  const SideBySide* operator->() const { return &comparison_; }

 private:
  std::vector<Row> rows_;
  SideBySide comparison_;
};

TEST(Comparing, ThreeColumns) {
  // Own: 80 % of the library's rate on random data, where it runs at 1.2 GHz and the library at
  // 1.5 GHz; 90 % on zeros.
  const Compared compared(
      {turn(true, 0, steady(kUnit_s / 0.8), 1.2e9), turn(false, 0, steady(kUnit_s), 1.5e9),
       on_zeros(turn(true, 0, steady(kUnit_s / 0.9))), on_zeros(turn(false, 0, steady(kUnit_s)))});
  EXPECT_DOUBLE_EQ(compared->uniform.value, 0.8);
  EXPECT_DOUBLE_EQ(compared->uniform_at_clock.value, 1.0);
  EXPECT_DOUBLE_EQ(compared->zeros.value, 0.9);
  EXPECT_EQ(compared->own->variant, "tiled");
  EXPECT_EQ(compared->library->variant, "library");
  EXPECT_EQ(compared->rounds, 1);
  EXPECT_EQ(compared->message, "");
}

/// A step of the clock amid the round: which level a median falls on is chance, samples that were
/// taken beside each other have the same.
TEST(Comparing, IsOfSamplesTakenBesideEachOther) {
  std::vector<double> own = steady(kUnit_s / 0.8);
  std::vector<double> library = steady(kUnit_s);
  for (std::size_t i = 6; i < own.size(); ++i) own[i] *= 1.5, library[i] *= 1.5;
  own[5] *= 1.5;  // here it comes between the two, and moves the own median alone
  const Compared compared({turn(true, 0, own), turn(false, 0, library)});
  EXPECT_DOUBLE_EQ(compared->uniform.value, 0.8);
}

TEST(Comparing, RoundsArePairedByWhenTheyBegan) {
  // Twice as slow in the second round, as another core would be: the ratio holds in each.
  const Compared compared({turn(true, 0, steady(kUnit_s / 0.8)), turn(false, 0, steady(kUnit_s)),
                           turn(true, 1, steady(2 * kUnit_s / 0.8)),
                           turn(false, 1, steady(2 * kUnit_s)),
                           turn(true, 2, steady(kUnit_s / 0.8)), turn(false, 2, steady(kUnit_s)),
                           turn(false, 3, steady(9 * kUnit_s))});
  EXPECT_DOUBLE_EQ(compared->uniform.value, 0.8);
  EXPECT_EQ(compared->rounds, 3) << "the fourth has one of the two only";
  EXPECT_NEAR(compared->uniform.interval.low, 0.8, 1e-12);
  EXPECT_NEAR(compared->uniform.interval.high, 0.8, 1e-12);
}

TEST(Comparing, ThreeRoundsSayWhereOneMoreWouldComeOut) {
  std::vector<Record> records;
  for (int round = 0; round < 3; ++round) {
    records.push_back(turn(true, round, steady(kUnit_s / (0.79 + 0.01 * round))));
    records.push_back(turn(false, round, steady(kUnit_s)));
  }
  const Compared three(records);
  EXPECT_DOUBLE_EQ(three->uniform.value, 0.8);
  EXPECT_LT(three->uniform.interval.low, 0.77);
  EXPECT_GT(three->uniform.interval.high, 0.83);
  records.resize(2);
  const Compared one(records);
  EXPECT_NEAR(one->uniform.interval.low, one->uniform.interval.high, 1e-12) << "no noise within";
  const auto rows = rows_of(records);
  const auto sentences = side_by_side_sentences(compare_side_by_side(rows));
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_NE(sentences.back().find("fewer than 3 rounds"), std::string::npos);
}

TEST(Comparing, ADashWhereTheClockWasNotMeasured) {
  const Compared compared(
      {turn(true, 0, steady(kUnit_s), kUnknown), turn(false, 0, steady(kUnit_s))});
  EXPECT_DOUBLE_EQ(compared->uniform.value, 1);
  EXPECT_TRUE(std::isnan(compared->uniform_at_clock.value));
  EXPECT_EQ(compared->message, "the clock was not measured beside the samples of both");
}

TEST(Comparing, ADashWhereTheLibraryIsMissing) {
  Record missing = turn(false, 0, {});
  missing.outcome = "failed";
  missing.message = "cuBLAS cannot be loaded";
  const Compared compared({turn(true, 0, steady(kUnit_s)), missing});
  EXPECT_TRUE(std::isnan(compared->uniform.value));
  EXPECT_EQ(compared->message, "library failed: cuBLAS cannot be loaded");
}

TEST(Comparing, EveryReasonIsGiven) {
  const Compared compared({turn(true, 0, steady(kUnit_s), kUnknown),
                           turn(false, 0, steady(kUnit_s)),
                           on_zeros(turn(false, 0, steady(kUnit_s)))});
  EXPECT_EQ(compared->message,
            "no round has both on zeros; the clock was not measured beside the samples of both");
}

TEST(Comparing, NothingIsClaimedOfAWrongResult) {
  Record wrong = turn(true, 1, {});
  wrong.outcome = "incorrect";
  wrong.message = "C(1, 2) is 3";
  const Compared compared({turn(true, 0, steady(kUnit_s)), turn(false, 0, steady(kUnit_s)), wrong,
                           turn(false, 1, steady(kUnit_s))});
  EXPECT_TRUE(std::isnan(compared->uniform.value));
  EXPECT_EQ(compared->message, "tiled incorrect: C(1, 2) is 3");
}

TEST(Comparing, RowsMeasuredAloneStayAlone) {
  Record alone = turn(false, 0, steady(2 * kUnit_s));
  alone.side_by_side.clear();
  const auto rows = rows_of({turn(true, 0, steady(kUnit_s)), alone});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(compare_side_by_side(rows).empty());
  const auto both = rows_of({turn(false, 0, steady(kUnit_s)), alone});
  ASSERT_EQ(both.size(), 2u) << "a row of its own";
  EXPECT_EQ(conditions(both[0]) + conditions(both[1]), " (side by side)");
  ASSERT_EQ(calibrate(both).factors.size(), 1u);
  EXPECT_DOUBLE_EQ(calibrate(both).factors.front().achieved.value, 38.4e12 / 2);
}

TEST(Comparing, MakesNoCalibration) {
  const auto rows = rows_of({turn(true, 0, steady(kUnit_s)), turn(false, 0, steady(kUnit_s))});
  try {
    static_cast<void>(calibrate(rows));
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("side by side"), std::string::npos);
  }
}

TEST(Comparing, AWideIntervalOrASharedDeviceIsUnstable) {
  std::vector<Record> records;
  for (int round = 0; round < 3; ++round) {
    records.push_back(turn(true, round, steady(kUnit_s / 0.8)));
    records.push_back(turn(false, round, steady(kUnit_s)));
  }
  EXPECT_FALSE(Compared(records)->unstable);
  std::vector<Record> shared = records;
  for (Record& record : shared) record.others_share = 0.5;
  EXPECT_TRUE(Compared(shared)->unstable);
  std::vector<Record> wide = records;
  wide[0] = turn(true, 0, steady(kUnit_s / 0.7));
  EXPECT_TRUE(Compared(wide)->unstable);
  std::vector<Record> both = records;
  both[0] = turn(true, 0, steady(2 * kUnit_s / 0.8));
  both[1] = turn(false, 0, steady(2 * kUnit_s));
  EXPECT_FALSE(Compared(both)->unstable) << "what moves both does not move the ratio";
}

TEST(Comparing, NamesTheBestOwnVariantAtTheLargestProblem) {
  std::vector<Record> records;
  const auto add = [&](const std::string& variant, double flops, double share) {
    Record own = turn(true, 0, steady(kUnit_s / share));
    Record library = turn(false, 0, steady(kUnit_s));
    own.variant = variant;
    own.problem = library.problem = "n:" + std::to_string(static_cast<int>(flops / 1e9));
    own.flops = library.flops = flops;
    records.push_back(own);
    if (variant == "tiled") records.push_back(library);
  };
  add("tiled", 1e9, 0.99);
  add("tiled", 8e9, 0.5);
  add("naive", 8e9, 0.3);
  const auto rows = rows_of(records);
  const auto comparisons = compare_side_by_side(rows);
  EXPECT_EQ(comparisons.size(), 3u);
  EXPECT_EQ(side_by_side_sentences(comparisons).front(),
            "best own gemm f32 at n:8: tiled, 50.0 % [50.0, 50.0] of library on "
            "random data");
}

/// A slower mode of a library must not make own code look better.
TEST(Comparing, IsWithTheFasterOfTwoLibraries) {
  for (const bool slower_first : {true, false}) {
    Record slower = turn(false, 0, steady(2 * kUnit_s));
    slower.variant = slower_first ? "a_slower" : "z_slower";
    const auto rows =
        rows_of({turn(true, 0, steady(kUnit_s / 0.9)), turn(false, 0, steady(kUnit_s)), slower});
    const auto comparisons = compare_side_by_side(rows);
    EXPECT_EQ(comparisons.size(), 2u) << "both are shown";
    const std::string sentence = side_by_side_sentences(comparisons).front();
    EXPECT_NE(sentence.find("tiled, 90.0 % [90.0, 90.0] of library on random"), std::string::npos)
        << sentence;
  }
}

TEST(Comparing, IsASectionOfTheReport) {
  const auto rows = rows_of({turn(true, 0, steady(kUnit_s)), turn(false, 0, steady(kUnit_s))});
  EXPECT_NE(render_report(rows, {}, Format::table).find("Side by side: "), std::string::npos);
  Record alone = turn(true, 0, steady(kUnit_s));
  alone.side_by_side.clear();
  const auto without = rows_of({alone});
  EXPECT_EQ(render_report(without, {}, Format::table).find("Side by side"), std::string::npos);
  EXPECT_NE(render_report(without, {}, Format::json).find("\"side_by_side\": []"),
            std::string::npos);
}

}  // namespace
}  // namespace derate
