// SPDX-License-Identifier: Apache-2.0
// The cross-check of ceilings, on numbers that can be worked out in the head: at the peak, one
// launch takes 1 ms.
#include "record/clock_cross_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derate/report.h"
#include "golden/example_gpu.h"

namespace derate {
namespace {

constexpr double kClock_hz = 1.2e9;

/// A chain that reaches `share` of its peak at the measured clock. `noise` widens its interval.
Record ceiling(const std::string& precision, double share, double noise = 0.001) {
  Record record = example::record();
  record.workload = "fma_chain";
  record.variant = "registers";
  record.precision = precision;
  record.instruction = "FMA of " + precision;
  record.peak_instruction = record.instruction;
  const double time_s = 1e-3 * example::kSpecified_hz / kClock_hz / share;
  return example::with_samples(record, time_s, noise, 12, kClock_hz);
}

std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

Outcome outcome_of(const std::vector<Row>& rows, const std::string& precision) {
  for (const Row& row : rows) {
    if (row.precision == precision) return row.outcome;
  }
  ADD_FAILURE() << "no row of " << precision;
  return Outcome::failed;
}

TEST(ClockCeiling, IsARowWhoseInstructionThePeakIsMadeOf) {
  Record record = ceiling("f32", 0.99);
  EXPECT_TRUE(is_ceiling(rows_of({record}).front()));
  record.peak_instruction = "wgmma";
  record.instruction = "mma.sync";
  EXPECT_FALSE(is_ceiling(rows_of({record}).front()));
  record.instruction = record.peak_instruction = "";
  EXPECT_FALSE(is_ceiling(rows_of({record}).front()));
}

TEST(CrossCheck, LetsCeilingsThatAgreeBe) {
  const auto rows = rows_of({ceiling("f32", 0.99), ceiling("f64", 0.95), ceiling("f16", 0.91)});
  for (const Row& row : rows) EXPECT_EQ(row.outcome, Outcome::passed) << row.precision;
}

TEST(CrossCheck, SuspectsAClassWhoseRateIsNotTheTables) {
  // Half the rate: as GeForce has it, or where a compiler used the slower instruction.
  const auto rows = rows_of({ceiling("f32", 0.99), ceiling("f64", 0.98), ceiling("f16", 0.49)});
  EXPECT_EQ(outcome_of(rows, "f32"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "f64"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::suspect);
  for (const Row& row : rows) {
    if (row.precision != "f16") continue;
    EXPECT_EQ(row.message,
              "implies 49.0 % of the clock, where fma_chain registers f32 implies 99.0 %: its rate "
              "per clock, or the code, is not what it is taken for");
  }
}

TEST(CrossCheck, NeedsNoThirdToSuspectOneOfTwo) {
  const auto rows = rows_of({ceiling("f32", 0.99), ceiling("f16", 0.49)});
  EXPECT_EQ(outcome_of(rows, "f32"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::suspect);
}

TEST(CrossCheck, AllowsTenPerCent) {
  EXPECT_EQ(outcome_of(rows_of({ceiling("f32", 1.0), ceiling("f16", 0.91)}), "f16"),
            Outcome::passed);
  EXPECT_EQ(outcome_of(rows_of({ceiling("f32", 1.0), ceiling("f16", 0.89)}), "f16"),
            Outcome::suspect);
}

TEST(CrossCheck, GivesARowTheBenefitOfItsInterval) {
  Record uncertain = ceiling("f16", 0.865);
  for (std::size_t i = 0; i < 6; ++i) uncertain.samples_s[i] *= 0.95;  // 88.7 %, up to 91.0
  const auto rows = rows_of({ceiling("f32", 1.0), uncertain});
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::passed);
}

TEST(CrossCheck, UsesTheSpecifiedClockWhereNoneWasMeasured) {
  const auto blind = [](const std::string& precision, double share) {
    Record record = ceiling(precision, share);
    record.clocks_hz.assign(record.samples_s.size(), kUnknown);
    return record;
  };
  const auto rows = rows_of({blind("f32", 0.99), blind("f16", 0.49)});
  EXPECT_EQ(outcome_of(rows, "f32"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::suspect);
}

TEST(CrossCheck, DoesNotTakeWhatIsAbovePeakForRight) {
  // Merged chains do half the work in the time: twice the peak. It must not make others suspect.
  const auto rows = rows_of({ceiling("f32", 0.99), ceiling("f64", 0.98), ceiling("f16", 1.98)});
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::suspect);
  EXPECT_EQ(outcome_of(rows, "f32"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "f64"), Outcome::passed);
}

TEST(CrossCheck, LeavesProgramsAndUnstableRowsAlone) {
  Record gemm = ceiling("f16", 0.5);
  gemm.instruction = "";
  Record noisy = ceiling("bf16", 0.5, 0.4);
  const auto rows = rows_of({ceiling("f32", 0.99), ceiling("f64", 0.98), gemm, noisy});
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows, "bf16"), Outcome::unstable);
}

TEST(CrossCheck, TakesRowsThatOnlyMovedWithTheClock) {
  // Every round at another clock: no narrow rate, but the same share of the clock.
  Record moving = ceiling("f16", 0.49);
  std::vector<Record> rounds(3, moving);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const double slower = 1 + 0.1 * static_cast<double>(i);
    for (double& time_s : rounds[i].samples_s) time_s *= slower;
    for (double& clock_hz : rounds[i].clocks_hz) clock_hz /= slower;
  }
  rounds.push_back(ceiling("f32", 0.99));
  EXPECT_EQ(outcome_of(rows_of(rounds), "f16"), Outcome::suspect);
}

TEST(CrossCheck, LeavesSharedRowsAlone) {
  Record shared = ceiling("f16", 0.5);
  shared.others_share = 0.5;
  EXPECT_EQ(outcome_of(rows_of({ceiling("f32", 0.99), shared}), "f16"), Outcome::unstable);
}

TEST(CrossCheck, FindsStealTimeUnstable) {
  // 8 % of two cores is 16 % of one, for which the other waits.
  Record stolen = ceiling("f16", 0.85);
  stolen.others_share = 0.08;
  Record reference = ceiling("f32", 0.99);
  stolen.compute_units = reference.compute_units = 2;
  const auto rows = rows_of({reference, stolen});
  EXPECT_EQ(outcome_of(rows, "f16"), Outcome::unstable);
  for (const Row& row : rows) {
    if (row.precision != "f16") continue;
    EXPECT_EQ(
        row.message,
        "implies 85.0 % of the clock, where fma_chain registers f32 implies 99.0 %, but other "
        "programs had 8 % of the device");
  }
  for (double& time_s : stolen.samples_s) time_s *= 0.85 / 0.49;  // that is not half of the rate
  EXPECT_EQ(outcome_of(rows_of({reference, stolen}), "f16"), Outcome::suspect);
  stolen.others_share = -0.08;  // as ticks may have it
  EXPECT_EQ(outcome_of(rows_of({reference, stolen}), "f16"), Outcome::suspect);
}

TEST(CrossCheck, HoldsNobodyAgainstTheEndOfAnInterval) {
  Record uncertain = ceiling("f32", 0.97);
  for (std::size_t i = 0; i < 6; ++i) uncertain.samples_s[i] /= 1.06;  // 100 %, from 97 to 103
  EXPECT_EQ(outcome_of(rows_of({uncertain, ceiling("f16", 0.88)}), "f16"), Outcome::passed);
  EXPECT_EQ(outcome_of(rows_of({uncertain, ceiling("f16", 0.86)}), "f16"), Outcome::suspect);
}

TEST(CrossCheck, ComparesRowsOfOneDeviceOnly) {
  Record other = ceiling("f16", 0.5);
  other.device_id = "example-0001";
  EXPECT_EQ(outcome_of(rows_of({ceiling("f32", 0.99), other}), "f16"), Outcome::passed);
}

TEST(CrossCheck, ComparesAtTheClockOfEachRow) {
  Record throttled = ceiling("f16", 0.98);
  for (double& time_s : throttled.samples_s) time_s *= 2;
  for (double& clock_hz : throttled.clocks_hz) clock_hz /= 2;
  EXPECT_EQ(outcome_of(rows_of({ceiling("f32", 0.99), throttled}), "f16"), Outcome::passed);
}

TEST(CrossCheck, IsToldInTheReport) {
  const auto agreeing = rows_of({ceiling("f32", 0.99), ceiling("f64", 0.95)});
  EXPECT_EQ(ceilings_sentence(agreeing),
            "cross-check: 2 chains and probes imply 95.0 % to 99.0 % of the clock: rates and clock "
            "agree");
  EXPECT_NE(render_report(agreeing, {}, Format::table).find("cross-check: 2 chains"),
            std::string::npos);
  EXPECT_EQ(ceilings_sentence(rows_of({ceiling("f32", 0.99)})), "");
}

}  // namespace
}  // namespace derate
