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

TEST(Rows, SumWhatTheDriverCountsAndKeepTheSlowestLinkAndMemoryClock) {
  Record first = with_samples(record(), 1e-3);
  Record second = first;
  second.run = "another";
  EXPECT_TRUE(std::isnan(rows_of({first, second}).front().ecc_corrected));
  first.ecc_corrected = 2;
  first.throttled_power_s = 0.25;
  second.throttled_power_s = 0.5;
  first.memory_clock_ratio = 0.5;
  second.memory_clock_ratio = 1;
  second.clock_setting = 1;
  first.pcie_link = "4 x16";
  second.pcie_link = first.pcie_link_maximum = second.pcie_link_maximum = "5 x16";
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    const Row row = rows_of(order).front();
    EXPECT_EQ(row.ecc_corrected, 2);
    EXPECT_TRUE(std::isnan(row.ecc_uncorrected));
    EXPECT_EQ(row.throttled_power_s, 0.75);
    EXPECT_EQ(row.memory_clock_ratio, 0.5);
    EXPECT_EQ(row.clock_setting, 1);
    EXPECT_EQ(row.pcie_link, "4 x16");
    EXPECT_EQ(row.pcie_link_maximum, "5 x16");
  }
}

/// 12 samples of 4 launches of 38.4 GFLOP in 1 ms each: 1.8432 TFLOP in 48 ms.
Record with_energy(double energy_j, double step_j, double time_s) {
  Record one = with_samples(record(), 1e-3);
  one.energy_j = energy_j;
  one.energy_step_j = step_j;
  one.energy_time_s = time_s;
  return one;
}

TEST(Energy, IsPerUnitOfWorkWithTheCountersStepAtEachEnd) {
  const Row row = row_of(with_energy(18.432, 1.8432, 0.048));
  EXPECT_DOUBLE_EQ(row.energy.value, 10e-12);
  EXPECT_DOUBLE_EQ(row.energy.interval.low, 9e-12);
  EXPECT_DOUBLE_EQ(row.energy.interval.high, 11e-12);
}

TEST(Energy, HasAtItsLowerEndNothingThatPausesTook) {
  const Row row = row_of(with_energy(18.432, 1.8432, 0.096));  // as long again
  EXPECT_DOUBLE_EQ(row.energy.value, 10e-12);
  EXPECT_DOUBLE_EQ(row.energy.interval.low, 4.5e-12);
  EXPECT_DOUBLE_EQ(row.energy.interval.high, 11e-12);
  const Row shorter = row_of(with_energy(18.432, 1.8432, 0.040));  // clocks that disagree
  EXPECT_DOUBLE_EQ(shorter.energy.interval.low, 9e-12);
}

TEST(Energy, IsPerByteWhereMemoryBoundsTheWork) {
  Record one = with_samples(memory_record(), 1e-3);  // 96 GB
  one.energy_j = 9.6;
  one.energy_step_j = 0.96;
  one.energy_time_s = 0.048;
  EXPECT_DOUBLE_EQ(row_of(one).energy.value, 100e-12);
}

TEST(Energy, IsUnknownWhereTheCounterSaysNothing) {
  EXPECT_TRUE(std::isnan(row_of(with_energy(kUnknown, kUnknown, kUnknown)).energy.value));
  EXPECT_TRUE(std::isnan(row_of(with_energy(18, 18, 0.048)).energy.value)) << "a single step";
  EXPECT_TRUE(std::isnan(row_of(with_energy(18, kUnknown, 0.048)).energy.value))
      << "a record of an older schema";
  Record unsampled = with_energy(18, 1, 0.048);
  unsampled.launches_per_sample = 0;
  EXPECT_TRUE(std::isnan(row_of(unsampled).energy.value));
}

TEST(Energy, OfSeveralRoundsIsNoSurerThanItsStep) {
  std::vector<Record> records(5, with_energy(18.432, 1.8432, 0.048));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  Row row = rows_of(records).front();
  EXPECT_DOUBLE_EQ(row.energy.value, 10e-12);
  EXPECT_DOUBLE_EQ(row.energy.interval.low, 9e-12) << "the rounds agree, and may all be off";
  records[0].energy_j = 2 * records[0].energy_j;
  records[1].energy_j = kUnknown;
  row = rows_of(records).front();
  EXPECT_DOUBLE_EQ(row.energy.value, 10e-12);
  EXPECT_GT(row.energy.interval.high, 20e-12) << "rounds that differ by more";
}

/// Samples of 1 ms, of which every second carries a reading and takes `effect` as long.
Record with_readings(double effect, double noise, std::uint64_t seed, int count = 24) {
  Record one = with_samples(record(), 1e-3, noise, count, example::kSpecified_hz, seed);
  one.run = std::to_string(seed);
  one.powers_w.assign(one.samples_s.size(), kUnknown);
  for (std::size_t i = 0; i < one.samples_s.size(); i += 2) {
    one.powers_w[i] = 500;
    one.samples_s[i] *= effect;
  }
  return one;
}

std::vector<Record> rounds_with_readings(double effect, double noise, std::uint64_t seed) {
  std::vector<Record> rounds;
  for (std::uint64_t i = 0; i < 5; ++i) {
    rounds.push_back(with_readings(effect, noise, 100 * seed + i));
  }
  return rounds;
}

TEST(ReadingEffect, FindsTwoPerCentThatReadingsCost) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Estimate effect = rows_of(rounds_with_readings(1.02, 0.003, seed)).front().reading_effect;
    EXPECT_NEAR(effect.value, 1.02, 0.003) << seed;
    EXPECT_FALSE(effect.interval.contains(1)) << seed;
    EXPECT_TRUE(effect.interval.contains(1.02)) << seed;
  }
}

TEST(ReadingEffect, FindsNoneWhereReadingsCostNothing) {
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Estimate effect = rows_of(rounds_with_readings(1, 0.02, seed)).front().reading_effect;
    wrong += !effect.interval.contains(1);
  }
  EXPECT_LE(wrong, 20) << "of 200, of which a 95 % interval misses 10";
}

TEST(ReadingEffect, NeedsFiveSamplesOfEachKind) {
  EXPECT_FALSE(std::isnan(row_of(with_readings(1, 0, 1, 10)).reading_effect.value));
  EXPECT_TRUE(std::isnan(row_of(with_readings(1, 0, 1, 9)).reading_effect.value));
  EXPECT_TRUE(std::isnan(row_of(with_samples(record(), 1e-3)).reading_effect.value)) << "no sensor";
  Record slice = with_readings(1.02, 0, 1);  // without power, but with a temperature
  slice.temperatures_c = slice.powers_w;
  slice.powers_w.clear();
  EXPECT_NEAR(row_of(slice).reading_effect.value, 1.02, 1e-9);
}

}  // namespace
}  // namespace derate
