// SPDX-License-Identifier: Apache-2.0
// Rows → derate factors → rows compared with them.
#include "derate/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "unit/calibration/calibrated.h"

namespace derate {
namespace {

using namespace calibrated;

TEST(Calibrate, PoolsTheProblemsOfASizeClass) {
  Record small = gemm(0.4, "n:0");
  small.size_class = "small";
  const Calibration calibration =
      calibration_of({small, gemm(0.8, "n:1"), gemm(0.9, "n:2"), gemm(0.85, "n:3")});
  ASSERT_EQ(calibration.factors.size(), 2u);
  const Factor& large = calibration.factors[1];
  EXPECT_EQ(calibration.factors[0].size_class, "small");
  EXPECT_NEAR(calibration.factors[0].eta.value, 0.4, 1e-12);
  EXPECT_EQ(large.problems, "n:1 n:2 n:3");
  EXPECT_EQ(large.rounds, 3);
  EXPECT_EQ(large.samples, 36);
  EXPECT_NEAR(large.eta.value, 0.85, 1e-12);        // the middle one
  EXPECT_NEAR(large.eta.interval.low, 0.8, 1e-12);  // the interval spans all three
  EXPECT_NEAR(large.eta.interval.high, 0.9, 1e-12);
  EXPECT_NEAR(large.achieved.value, 0.85 * 38.4e12, 1);
  EXPECT_DOUBLE_EQ(large.peak, 38.4e12);
  EXPECT_EQ(large.clock_hz, example::kSpecified_hz);
}

TEST(Calibrate, SpansTheIntervalsNotOnlyTheValues) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.02;
  const Factor factor = calibration_of({noisy, gemm(0.85, "n:2")}).factors.front();
  const Estimate row = rows_of({noisy}).front().eta;
  EXPECT_DOUBLE_EQ(factor.eta.interval.low, row.interval.low);
  EXPECT_LT(factor.eta.interval.low, row.value);
  EXPECT_NEAR(factor.eta.interval.high, 0.85, 1e-12);
}

TEST(Calibrate, KeepsApartWhatAFactorIsFor) {
  std::vector<Record> records(9, gemm(0.8));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  records[1].precision = "f64";
  records[2].data = "zeros";
  records[3].cache = "hot";
  records[4].variant = "naive";
  records[5].library = "examplelib 2";
  records[6].provider = "somebody";
  records[7].mode = "sustained";
  records[8].devices_at_once = 2;
  EXPECT_EQ(calibration_of(records).factors.size(), 9u);
}

TEST(Calibrate, LeavesOutWhatIsWrongFailedOrSuspect) {
  std::vector<Record> records = {gemm(0.8)};
  for (const char* outcome : {"incorrect", "failed", "suspect", "unsupported"}) {
    records.push_back(gemm(0.3, std::string("n:") + outcome));
    records.back().outcome = outcome;
  }
  const Calibration calibration = calibration_of(records);
  ASSERT_EQ(calibration.factors.size(), 1u);
  EXPECT_EQ(calibration.factors[0].problems, "n:1");
}

TEST(Calibrate, KeepsAnUnstableRowWithItsWideInterval) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.2;
  ASSERT_EQ(rows_of({noisy}).front().outcome, Outcome::unstable);
  const Interval interval = calibration_of({noisy}).factors.front().eta.interval;
  EXPECT_GT(interval.high - interval.low, 0.1);
}

TEST(Calibrate, SaysWhereAFactorIsInDoubt) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.2;
  Record shared = gemm(0.8);
  shared.others_share = 0.23;
  const auto doubt = [](const std::vector<Record>& records) {
    return doubt_of(calibration_of(records).factors.front());
  };
  EXPECT_EQ(doubt({gemm(0.8)}), "");
  EXPECT_EQ(doubt({noisy}), ", unstable: wide intervals or few samples");
  EXPECT_EQ(doubt({shared}), ", unstable: other programs had up to 23 % of the device");
  noisy.problem = "n:2";  // one problem of a size class is enough
  EXPECT_EQ(calibration_of({gemm(0.8), noisy}).factors.front().outcome, "unstable");
}

TEST(Calibrate, KeepsTheSpeedWhereThePeakIsUnknown) {
  Record unknown = gemm(0.8);
  unknown.peak_per_clock = kUnknown;
  const Factor factor = calibration_of({unknown}).factors.front();
  EXPECT_NEAR(factor.achieved.value, 0.8 * 38.4e12, 1);
  EXPECT_TRUE(std::isnan(factor.eta.value) && std::isnan(factor.peak));
}

TEST(Calibrate, TakesTheClockOfRowsThatKnowIt) {
  const Record blind = example::with_samples(gemm(0.8, "n:2"), 1e-3 / 0.8, 0, 12, kUnknown);
  EXPECT_EQ(calibration_of({blind, gemm(0.8)}).factors.front().clock_hz, example::kSpecified_hz);
  EXPECT_EQ(calibration_of({gemm(0.8, "n:3"), blind}).factors.front().clock_hz,
            example::kSpecified_hz);
}

TEST(Calibrate, RefusesNothing) {
  Record wrong = gemm(0.8);
  wrong.outcome = "incorrect";
  for (const std::vector<Record>& records : {std::vector<Record>{}, std::vector<Record>{wrong}}) {
    EXPECT_TRUE(holds(refusal(ExitCode::invalid_input, [&] { (void)calibration_of(records); }),
                      "no measurement passed"));
  }
}

TEST(Calibrate, RefusesMixedDevices) {
  Record other = gemm(0.8);
  other.device_id = "example-1111";
  EXPECT_TRUE(
      holds(refusal(ExitCode::invalid_input,
                    [&] {
                      (void)calibration_of({gemm(0.8), other});
                    }),
            "the records mix Example GPU (id example-0000) with Example GPU (id example-1111)"));
}

TEST(Compare, FillsTheRowsOfACalibratedClass) {
  const Calibration calibration = calibration_of({gemm(0.8), gemm(0.9, "n:2")});
  Record other_class = gemm(0.5);
  other_class.size_class = "small";
  std::vector<Row> rows = rows_of({gemm(0.7, "n:9"), other_class});
  compare_with(calibration, rows, false);
  ASSERT_EQ(rows.size(), 2u);
  for (const Row& row : rows) {
    EXPECT_EQ(std::isnan(row.calibrated.value), row.size_class == "small");
    if (row.size_class == "large") {
      EXPECT_NEAR(row.calibrated.value, 0.85, 1e-12);
    }
  }
}

TEST(Compare, RefusesAnotherDeviceDriverOrUnitCountUnlessForced) {
  const Calibration calibration = calibration_of({gemm(0.8)});
  const auto differing = [](const std::function<void(Record&)>& make) {
    Record record = gemm(0.7);
    make(record);
    return rows_of({record});
  };
  const std::vector<std::pair<std::vector<Row>, std::string>> cases = {
      {differing([](Record& r) { r.device_id = "example-1111"; }), "not for Example GPU (id ex"},
      {differing([](Record& r) { r.backend = "host"; }), "the calibration is for"},
      {differing([](Record& r) { r.driver_version = "99"; }), "made with driver 100.00, not 99"},
      {differing([](Record& r) { r.compute_units = 50; }), "used 100 compute units, not 50"}};
  for (auto [rows, reason] : cases) {
    const std::string said = refusal(ExitCode::not_comparable, [&, r = std::span(rows)] {
      compare_with(calibration, r, false);
    });
    EXPECT_TRUE(holds(said, reason)) << said;
    compare_with(calibration, rows, true);
    EXPECT_NEAR(rows[0].calibrated.value, 0.8, 1e-12);
  }
  EXPECT_EQ(mismatch(calibration, *rows_of({gemm(0.7)}).front().context), "");
}

TEST(RenderCalibration, EveryFormat) {
  const Calibration calibration = calibration_of({gemm(0.8), gemm(0.9, "n:2")});
  EXPECT_TRUE(holds(render(calibration, Format::table), "85.0 % [80.0, 90.0]"));
  EXPECT_TRUE(holds(render(calibration, Format::markdown), "| 85.0 % [80.0, 90.0] |"));
  EXPECT_TRUE(holds(render(calibration, Format::csv), "0.85,0.8,0.9"));
  EXPECT_EQ(render(calibration, Format::json), to_json(calibration));
}

}  // namespace
}  // namespace derate
