// SPDX-License-Identifier: Apache-2.0
// Records → rows: which belong together, the formulas, and the verdicts, on numbers that can be
// worked out in the head: at the peak, one launch takes 1 ms.
#include "derate/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

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

TEST(Eta, AgainstTheSpecifiedAndTheMeasuredClock) {
  const Row row = row_of(with_samples(record(), 1.25e-3, 0, 12, 1.2e9));
  EXPECT_DOUBLE_EQ(row.achieved.value, 38.4e9 / 1.25e-3);
  EXPECT_DOUBLE_EQ(row.peak, 38.4e12);
  EXPECT_DOUBLE_EQ(row.eta.value, 0.8);
  EXPECT_DOUBLE_EQ(row.eta_measured.value, 1.0);  // at 1.2 of 1.5 GHz, 0.8 is all there is
  EXPECT_DOUBLE_EQ(row.clock_hz, 1.2e9);
  EXPECT_DOUBLE_EQ(row.clock_ratio, 0.8);
  EXPECT_EQ(row.spread, 0);
  EXPECT_EQ(row.outcome, Outcome::passed);
  EXPECT_EQ(row.samples, 12);
  EXPECT_EQ(row.rounds, 1);
}

TEST(Eta, MayExceedOneAgainstTheSpecifiedClock) {
  const Row row = row_of(with_samples(record(), 1e-3 / 1.1, 0, 12, 1.8e9));
  EXPECT_NEAR(row.eta.value, 1.1, 1e-12);  // shown, never clamped
  EXPECT_NEAR(row.eta_measured.value, 1.1 / 1.2, 1e-12);
  EXPECT_EQ(row.outcome, Outcome::passed);
}

TEST(Eta, UsesTheMaximumClockWhereNoneIsSpecified) {
  Record one = with_samples(record(), 1e-3);
  one.clock_specified_hz = kUnknown;
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.peak, example::kPerClock * 1.8e9);
  EXPECT_NEAR(row.eta.value, 1.5 / 1.8, 1e-12);
}

TEST(Eta, OfMemoryIsAgainstTheBandwidth) {
  const Row row = row_of(with_samples(memory_record(), 1.25e-3, 0, 12, 1.2e9));
  EXPECT_DOUBLE_EQ(row.achieved.value, 1.6e12);
  EXPECT_DOUBLE_EQ(row.peak, 2e12);
  EXPECT_DOUBLE_EQ(row.eta.value, 0.8);
  EXPECT_TRUE(std::isnan(row.eta_measured.value));  // bandwidth has no clock of the SMs
  EXPECT_TRUE(std::isnan(row.clock_ratio));
  EXPECT_DOUBLE_EQ(row.clock_hz, 1.2e9);
}

TEST(Eta, OfALinkIsAgainstTheLink) {
  Record one = with_samples(memory_record(), 1.25e-3, 0, 12, 1.2e9);
  one.bound = "link";
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.eta.value, 0.8);
  EXPECT_TRUE(std::isnan(row.eta_measured.value));
  one.cache = "hot";  // no cache makes a link faster, so that this one is still a bug
  EXPECT_EQ(row_of(with_samples(one, 0.9e-3)).outcome, Outcome::suspect);
}

TEST(Latency, IsARateOfOperationsWithoutAPeak) {
  Record one = with_samples(record(), 200e-6);
  one.bound = "latency";
  one.flops = 0;
  one.steps = 100;
  one.peak_per_clock = kUnknown;
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.achieved.value, 100 / 200e-6);
  EXPECT_TRUE(std::isnan(row.peak) && std::isnan(row.eta.value));
  EXPECT_TRUE(std::isnan(row.eta_measured.value));
  EXPECT_EQ(row.outcome, Outcome::passed);
  Record other = one;
  other.steps = 50;
  other.run = "another";
  EXPECT_EQ(rows_of({one, other}).size(), 2u) << "who counts otherwise measured something else";
}

TEST(Eta, IsUnknownWithoutAPeakButAchievedIsThere) {
  Record one = with_samples(record(), 1e-3);
  one.peak_per_clock = kUnknown;
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.achieved.value, 38.4e12);
  EXPECT_TRUE(std::isnan(row.peak) && std::isnan(row.eta.value) &&
              std::isnan(row.eta.interval.low));
  EXPECT_TRUE(std::isnan(row.eta_measured.value));
  EXPECT_EQ(row.outcome, Outcome::passed);
}

TEST(Eta, OfACacheIsUnknownAndTheClockIsNot) {
  Record one = with_samples(memory_record(), 1e-3, 0, 12, 1.2e9);
  one.bound = "cache";
  one.peak_per_clock = kUnknown;
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.achieved.value, 2e12);
  EXPECT_TRUE(std::isnan(row.eta.value));
  EXPECT_TRUE(std::isnan(row.eta_measured.value));
  EXPECT_DOUBLE_EQ(row.clock_ratio, 0.8);
  EXPECT_EQ(row.outcome, Outcome::passed);
}

TEST(Latency, IsReportedAsTheTimeAndTheClocksOfAStep) {
  Record one = with_samples(record(), 1e-3, 0, 12, 1.2e9);
  one.bound = "latency";
  one.steps = 10'000;
  one.peak_per_clock = kUnknown;
  const Row row = row_of(one);
  EXPECT_DOUBLE_EQ(row.achieved.value, 1e7);
  EXPECT_EQ(row.outcome, Outcome::passed);
  const std::vector<Row> rows = {row};
  EXPECT_NE(render_report(rows, {}, Format::table).find("100.0 ns, 120.0 clocks"),
            std::string::npos);
}

TEST(Eta, IntervalOfOneRoundIsThatOfItsSamples) {
  Record one = with_samples(record(), 1e-3);
  for (std::size_t i = 0; i < 6; ++i) one.samples_s[i] = 1.02e-3;  // 6 of 12: ranks 3 and 10
  const Row row = row_of(one);
  EXPECT_NEAR(row.eta.value, 1 / 1.01, 1e-12);
  const double half_width = 0.01 / 1.01;  // of the times; of rates, its reciprocal below
  EXPECT_NEAR(row.eta.interval.low / row.eta.value, 1 / (1 + half_width), 1e-12);
  EXPECT_NEAR(row.eta.interval.high / row.eta.value, 1 + half_width, 1e-12);
  EXPECT_NEAR(row.spread, 1.4826 * 0.01 / 1.01, 1e-9);
}

TEST(Rounds, ArePooledIntoOneRow) {
  const auto rows =
      rows_of({with_samples(record(), 1.0e-3), with_samples(memory_record(), 1e-3),
               with_samples(record(), 1.0e-3 / 0.9), with_samples(record(), 1.25e-3)});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].workload, "gemm");
  EXPECT_EQ(rows[0].rounds, 3);
  EXPECT_EQ(rows[0].samples, 36);
  EXPECT_NEAR(rows[0].eta.value, 0.9, 1e-12);
  // Each round is steady, but they differ: Student's t must say so.
  EXPECT_LT(rows[0].eta.interval.low, 0.8);
  EXPECT_GT(rows[0].eta.interval.high, 1.0);
  EXPECT_EQ(rows[0].outcome, Outcome::unstable);
  EXPECT_EQ(rows[1].rounds, 1);
}

TEST(Rounds, KeepTheClockOfThoseThatKnowIt) {
  for (std::size_t rounds = 1; rounds < 5; ++rounds) {
    for (std::size_t known = 0; known < rounds; ++known) {
      std::vector<Record> records(rounds, with_samples(record(), 1e-3, 0, 12, kUnknown));
      records[known] = with_samples(record(), 1e-3, 0, 12, 1.5e9);
      EXPECT_EQ(rows_of(records).front().clock_hz, 1.5e9) << known << " of " << rounds;
    }
  }
}

TEST(Rounds, NameEveryAlgorithmOnce) {
  std::vector<Record> records(4, with_samples(record(), 1e-3));
  records[1].algorithm = "algorithm 6, tile 64x64";
  records[2].algorithm = "algorithm 66, tile 64x64";
  records[3].algorithm = "algorithm 6, tile 64x64";
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  const std::vector<Row> rows = rows_of(records);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].rounds, 4);
  EXPECT_EQ(rows[0].algorithm, "algorithm 6, tile 64x64 | algorithm 66, tile 64x64");
}

struct Difference {
  const char* what;
  std::function<void(Record&)> make;
};

TEST(Rows, AreKeptApartByWhatMakesThemDifferent) {
  for (const Difference& difference : {
           Difference{"variant", [](Record& r) { r.variant = "x"; }},
           Difference{"provider", [](Record& r) { r.provider = "x"; }},
           Difference{"precision", [](Record& r) { r.precision = "f64"; }},
           Difference{"problem", [](Record& r) { r.problem = "x"; }},
           Difference{"data", [](Record& r) { r.data = "zeros"; }},
           Difference{"cache", [](Record& r) { r.cache = "hot"; }},
           Difference{"mode", [](Record& r) { r.mode = "sustained"; }},
           Difference{"devices at once", [](Record& r) { r.devices_at_once = 2; }},
           Difference{"accumulator", [](Record& r) { r.accumulator = "f16"; }},
           Difference{"instruction", [](Record& r) { r.instruction = "FFMA"; }},
           Difference{"operations", [](Record& r) { r.flops *= 2; }},
           Difference{"traffic", [](Record& r) { r.bytes *= 2; }},
           Difference{"peak", [](Record& r) { r.peak_per_clock *= 2; }},
           Difference{"clock of the peak", [](Record& r) { r.clock_specified_hz *= 1.1; }},
           Difference{"library", [](Record& r) { r.library = "x 2"; }},
           Difference{"device", [](Record& r) { r.device_id = "x"; }},
           Difference{"index", [](Record& r) { r.device_index = 1; }},
           Difference{"backend", [](Record& r) { r.backend = "host"; }},
           Difference{"driver", [](Record& r) { r.driver_version = "x"; }},
           Difference{"runtime", [](Record& r) { r.runtime_version = "x"; }},
           Difference{"version", [](Record& r) { r.tool_version = "x"; }},
           Difference{"commit", [](Record& r) { r.tool_commit = "x"; }},
           Difference{"build type", [](Record& r) { r.build_type = "Debug"; }},
           Difference{"units", [](Record& r) { r.compute_units = 99; }},
       }) {
    Record other = with_samples(record(), 2e-3);
    difference.make(other);
    const auto rows = rows_of({with_samples(record(), 1e-3), other});
    ASSERT_EQ(rows.size(), 2u) << difference.what;
    EXPECT_EQ(rows[0].rounds, 1) << difference.what;
  }
}

TEST(Rows, StandByDeviceThenWorkloadVariantPrecisionAndSize) {
  const auto one = [](const char* id, const char* variant, const char* precision, double size) {
    Record r = with_samples(record(), 1e-3);
    r.device_id = id;
    r.variant = variant;
    r.precision = precision;
    r.problem = "n:" + std::to_string(size);
    r.flops *= size;
    return r;
  };
  // Devices by their first record; the largest size has the smallest name.
  const auto rows =
      rows_of({one("b", "y", "f32", 1), one("a", "x", "f32", 1), one("b", "x", "f64", 1),
               one("b", "x", "f32", 9), one("b", "x", "f32", 10), one("b", "x", "f32", 2)});
  std::string order;
  for (const Row& row : rows) {
    order += row.context->device_id + " " + row.variant + " " + row.precision + " " +
             row.problem.substr(2, row.problem.find('.') - 2) + ", ";
  }
  EXPECT_EQ(order, "b x f32 2, b x f32 9, b x f32 10, b x f64 1, b y f32 1, a x f32 1, ");
  EXPECT_EQ(rows[0].context, rows[4].context);
}

TEST(Context, HoldsTheDeviceButNoMeasurement) {
  const Row row = row_of(with_samples(record(), 1e-3));
  EXPECT_EQ(row.context->device_name, "Example GPU");
  EXPECT_EQ(row.context->compute_units, 100);
  EXPECT_TRUE(row.context->samples_s.empty() && row.context->workload.empty());
  EXPECT_TRUE(row.context->outcome.empty() && row.context->peak_source.empty());
}

TEST(Context, HasTheTimeOfTheLatestRecord) {
  std::vector<Record> records(3, with_samples(record(), 1e-3));
  records[0].time_utc = "2026-01-02T03:04:05Z";
  records[1].time_utc = "2026-01-02T09:00:00Z";
  records[2].time_utc = "2026-01-02T08:00:00Z";
  EXPECT_EQ(rows_of(records).front().context->time_utc, "2026-01-02T09:00:00Z");
}

TEST(Suspect, AboveThePeakAtTheMeasuredClock) {
  const auto at = [](double fraction, double clock_hz) {
    return with_samples(record(), 1e-3 / fraction, 0, 12, clock_hz);
  };
  EXPECT_FALSE(above_peak(at(1.019, 1.5e9)));
  EXPECT_TRUE(above_peak(at(1.021, 1.5e9)));
  EXPECT_FALSE(above_peak(at(1.021, 1.6e9)));  // the clock explains it
  EXPECT_TRUE(above_peak(at(0.95, 1.2e9)));    // below the specified peak, yet impossible
  EXPECT_EQ(row_of(at(1.021, 1.5e9)).outcome, Outcome::suspect);
  EXPECT_FALSE(above_peak(at(1.1, kUnknown)));  // without a measured clock, the maximum: 1.8 GHz
  EXPECT_TRUE(above_peak(at(1.3, kUnknown)));
}

TEST(Suspect, OnlyBeyondTheQuotasOwnPeriods) {
  Record half = with_samples(record(), 1e-3);
  half.compute_units = 0.5;
  half.launches_per_sample = 500;  // five periods, and half of another: up to 10 % more
  const auto at = [&](double fraction) {
    Record one = half;
    for (double& time_s : one.samples_s) time_s /= fraction;
    return one;
  };
  EXPECT_FALSE(above_peak(at(1.12)));
  EXPECT_TRUE(above_peak(at(1.14)));
  half.launches_per_sample = 5000;
  EXPECT_TRUE(above_peak(at(1.04)));
}

TEST(Suspect, OnlyBeyondTheClocksOwnUncertainty) {
  Record one = with_samples(record(), 1e-3 / 1.035, 0, 3);  // 103.5 % of the peak at 1.5 GHz
  EXPECT_EQ(row_of(one).outcome, Outcome::suspect);
  one.clocks_hz[2] = 1.53e9;  // three samples, and one of them allows it
  EXPECT_FALSE(above_peak(one));
  EXPECT_NE(row_of(one).outcome, Outcome::suspect);
  one.clocks_hz[2] = 1.52e9;  // 102.1 %
  EXPECT_TRUE(above_peak(one));
  Record sure = with_samples(record(), 1e-3 / 1.035);
  sure.clocks_hz[2] = 1.53e9;  // one of twelve does not make the clock uncertain
  EXPECT_EQ(row_of(sure).outcome, Outcome::suspect);
}

TEST(Suspect, NeverForStealTime) {
  Record one = with_samples(record(), 1e-3 / 1.1);
  one.others_share = 0.10;  // as little as makes no row unstable
  EXPECT_EQ(against_peak(one).outcome, Outcome::suspect);
  one.others_share = 0.23;
  const Row row = row_of(one);
  EXPECT_EQ(row.outcome, Outcome::unstable);
  EXPECT_EQ(
      row.message,
      "faster than its peak at the measured clock, but other programs had 23 % of the device");
  EXPECT_EQ(against_peak(one).message, row.message);
}

TEST(Suspect, WhateverTheStealTimeWhereTheClockIsNotTheReason) {
  Record one = with_samples(record(), 1e-3 / 2.03);
  one.others_share = 0.5;  // at most half of the clock was lost
  EXPECT_EQ(against_peak(one).outcome, Outcome::unstable);
  EXPECT_EQ(against_peak(with_samples(one, 1e-3 / 2.05)).outcome, Outcome::suspect);
  Record memory = with_samples(memory_record(), 0.5e-3);
  memory.others_share = 0.5;
  EXPECT_EQ(against_peak(memory).outcome, Outcome::suspect);
  Record unread = with_samples(record(), 1e-3 / 1.3, 0, 12, kUnknown);
  unread.others_share = 0.5;
  EXPECT_EQ(against_peak(unread).outcome, Outcome::suspect);
}

TEST(Suspect, InOneQuietRoundIsSuspect) {
  std::vector<Record> records(3, with_samples(record(), 1e-3 / 1.1));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].run = std::to_string(i);
    records[i].others_share = 0.5;
  }
  EXPECT_EQ(rows_of(records).front().outcome, Outcome::unstable);
  records[1].others_share = 0;
  EXPECT_EQ(rows_of(records).front().outcome, Outcome::suspect);
}

TEST(Suspect, OfMemoryOnlyWhenCold) {
  Record one = with_samples(memory_record(), 0.5e-3);
  EXPECT_TRUE(above_peak(one));
  one.cache = "hot";  // served from a cache, which may be faster than the memory
  EXPECT_FALSE(above_peak(one));
  EXPECT_FALSE(above_peak(with_samples(memory_record(), 0.985e-3)));
}

TEST(Suspect, NotWithoutAPeakOrSamples) {
  Record one = with_samples(record(), 1e-9);
  one.peak_per_clock = kUnknown;
  EXPECT_FALSE(above_peak(one));
  EXPECT_FALSE(above_peak(record()));
}

}  // namespace
}  // namespace derate
