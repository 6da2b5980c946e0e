// SPDX-License-Identifier: Apache-2.0
// The rounds of one row, made into its figures: whether it is stable, which outcome it has, and
// what of clock, power and steal time it keeps.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "derate/report.h"
#include "golden/example_gpu.h"
#include "unit/record/rows_of.h"

namespace derate {
namespace {

using example::memory_record;
using example::record;
using example::with_samples;
using test::row_of;
using test::rows_of;

TEST(Unstable, ByTheInterval) {
  Record one = with_samples(record(), 1e-3);
  for (std::size_t i = 0; i < 6; ++i) one.samples_s[i] = 1.12e-3;  // ± 5.7 % of the times
  EXPECT_EQ(row_of(one).outcome, Outcome::unstable);
  EXPECT_EQ(row_of(one).message, "the 95 % interval is ±5.5 % wide");
  for (std::size_t i = 0; i < 6; ++i) one.samples_s[i] = 1.05e-3;  // ± 2.4 %
  EXPECT_EQ(row_of(one).outcome, Outcome::passed);
}

TEST(Unstable, ByTooFewSamples) {
  EXPECT_EQ(row_of(with_samples(record(), 1e-3, 0, 5)).outcome, Outcome::unstable);
  EXPECT_EQ(row_of(with_samples(record(), 1e-3, 0, 5)).message,
            "5 samples are too few for a 95 % interval");
  EXPECT_EQ(row_of(with_samples(record(), 1e-3, 0, 6)).outcome, Outcome::passed);
}

TEST(Unstable, IsDecidedOverTheRoundsNotByOne) {
  std::vector<Record> records(3, with_samples(record(), 1e-3));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].outcome = "unstable";
    records[i].run = std::to_string(i);
  }
  EXPECT_EQ(rows_of(records).front().outcome, Outcome::passed);
}

TEST(Outcomes, TheWorstRoundDecidesAndGivesItsMessage) {
  Record wrong = record();
  wrong.outcome = "incorrect";
  wrong.message = "element 7 is 1, not 2";
  Record failed = record();
  failed.outcome = "failed";
  failed.message = "out of memory";
  const Record passed = with_samples(record(), 1e-3);
  Record passed_too = passed;
  passed_too.run = "another";
  const Row incorrect = rows_of({passed, wrong, passed_too}).front();
  EXPECT_EQ(incorrect.outcome, Outcome::incorrect);
  EXPECT_EQ(incorrect.message, "element 7 is 1, not 2");
  EXPECT_EQ(incorrect.rounds, 2);
  EXPECT_EQ(rows_of({failed, wrong, passed}).front().message, "out of memory");
  EXPECT_EQ(rows_of({wrong, failed}).front().outcome, Outcome::failed);
}

TEST(Outcomes, UnsupportedHasNoFigures) {
  Record one = record();
  one.outcome = "unsupported";
  one.message = "needs sm_90";
  const Row row = row_of(one);
  EXPECT_EQ(row.outcome, Outcome::unsupported);
  EXPECT_EQ(row.rounds, 0);
  EXPECT_TRUE(std::isnan(row.achieved.value) && std::isnan(row.eta.value));
}

TEST(Outcomes, AnUnknownWordIsNoSuccess) {
  Record one = with_samples(record(), 1e-3);
  one.outcome = "splendid";
  EXPECT_EQ(row_of(one).outcome, Outcome::failed);
}

TEST(Eta, AtTheClockHasTheClocksUncertaintyInItsInterval) {
  Record one = with_samples(record(), 1e-3);
  for (std::size_t i = 0; i < 6; ++i) one.clocks_hz[i] = 1.56e9;  // 6 of 12: ranks 3 and 10
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.clock_hz, 1.53e9);
  EXPECT_EQ(row.eta.interval.low, row.eta.interval.high);
  const double half_width = 0.03 / 1.53;
  EXPECT_NEAR(row.eta_measured.interval.high / row.eta_measured.value, 1 + half_width, 1e-12);
  EXPECT_NEAR(row.eta_measured.interval.low / row.eta_measured.value, 1 / (1 + half_width), 1e-12);
}

TEST(MeasuredClock, IsTheMedianOfThoseMeasured) {
  Record one = record();
  one.clocks_hz = {1e9, kUnknown, 3e9, 0, 2e9};
  EXPECT_EQ(measured_clock_hz(one), 2e9);
  one.clocks_hz = {kUnknown, kUnknown};
  EXPECT_TRUE(std::isnan(measured_clock_hz(one)));
}

TEST(Rows, CountARecordOnceHoweverOftenItsFileIsNamed) {
  const Record one = with_samples(record(), 1.25e-3);
  Aggregate once;
  once.add(one);
  Aggregate thrice;
  for (int i = 0; i < 3; ++i) thrice.add(one);
  EXPECT_EQ(thrice.duplicates(), 2);
  const Row row = thrice.rows().front();
  EXPECT_EQ(row.rounds, 1);
  EXPECT_EQ(row.achieved.interval.high, once.rows().front().achieved.interval.high);
}

TEST(Rows, DoNotTakeAnotherModeForTheSameRecord) {
  Record failed = record();  // without samples, which would tell them apart
  failed.outcome = "failed";
  Record sustained = failed;
  sustained.mode = "sustained";
  EXPECT_EQ(rows_of({failed, sustained}).size(), 2u);
}

TEST(Rows, AreUnstableWhereOthersHadTheDevice) {
  std::vector<Record> records(5, with_samples(record(), 5e-3));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].run = std::to_string(i);
    records[i].others_share = i == 3 ? 0.4 : 0.2;
  }
  const Row shared = rows_of(records).front();
  EXPECT_EQ(shared.outcome, Outcome::unstable);
  EXPECT_EQ(shared.message, "other programs had 24 % of the device");
  for (Record& record : records) record.others_share = -0.01;
  EXPECT_EQ(rows_of(records).front().outcome, Outcome::passed);
}

/// Three rounds of one row.
std::vector<Record> three_rounds() {
  std::vector<Record> records(3, with_samples(record(), 1.25e-3));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  return records;
}

TEST(Rows, AreThrottledForTheMeanShareOfTheirRounds) {
  std::vector<Record> records = three_rounds();
  records[0].throttled.assign(12, 1);
  records[1].throttled.assign(12, 0);
  EXPECT_DOUBLE_EQ(rows_of(records).front().throttled_share, 0.5);  // the third says nothing
  records[2].throttled.assign(12, kUnknown);
  EXPECT_DOUBLE_EQ(rows_of(records).front().throttled_share, 0.5);
  records[2].throttled.assign(12, 0);
  EXPECT_DOUBLE_EQ(rows_of(records).front().throttled_share, 1.0 / 3);  // its median would be 0
  EXPECT_TRUE(std::isnan(rows_of(three_rounds()).front().throttled_share));
}

TEST(Rows, NameEveryReasonOfAnyRoundOnce) {
  std::vector<Record> records = three_rounds();
  records[0].throttle_reasons = "power_cap";
  records[1].throttle_reasons = "thermal,power_cap";
  EXPECT_EQ(rows_of(records).front().throttle_reasons,
            (std::vector<std::string>{"power_cap", "thermal"}));
}

TEST(Rows, CountTheMostOtherProcessesOfAnyRound) {
  std::vector<Record> records = three_rounds();
  EXPECT_TRUE(std::isnan(rows_of(records).front().other_processes));
  records[1].other_processes = 2;
  records[2].other_processes = 0;
  EXPECT_EQ(rows_of(records).front().other_processes, 2);
}

TEST(Rows, AreUnstableWhereTheDeviceWaitedForTheHost) {
  std::vector<Record> records = three_rounds();
  records[1].host_bound_share = 0.25;  // of one round is enough
  const Row waiting = rows_of(records).front();
  EXPECT_EQ(waiting.outcome, Outcome::unstable);
  EXPECT_EQ(waiting.message, "in 25 % of the samples the device waited for the host's launches");
  records[1].host_bound_share = kHostBoundAbove;
  EXPECT_EQ(rows_of(records).front().outcome, Outcome::passed);
}

TEST(Rows, OfTwoRoundsNeedEnoughSamplesInEach) {
  std::vector<Record> records(2, with_samples(record(), 1.25e-3));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].run = std::to_string(i);
    records[i].samples_s.resize(3);
    records[i].clocks_hz.resize(3);
  }
  const Row row = rows_of(records).front();
  EXPECT_EQ(row.outcome, Outcome::unstable);
  EXPECT_LT(row.achieved.interval.confidence, 0.95);
}

}  // namespace
}  // namespace derate
