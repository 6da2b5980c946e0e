// SPDX-License-Identifier: Apache-2.0
// The sentence about the rule of thumb: what it quotes, and which verdict it gives.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derate/report.h"
#include "golden/example_gpu.h"
#include "unit/record/rows_of.h"
#include "unit/report/example_records.h"

namespace derate {
namespace {

using test::chain;
using test::gemm;
using test::holds;

std::string conclusion_of(const std::vector<Record>& records) {
  return conclusion(test::rows_of(records));
}

TEST(Conclusion, ThreeVerdicts) {
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9)}), "loses 10.0 %"));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9)}), "less than the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7)}), "more than the rule says."));
}

TEST(Conclusion, TheRulesEdges) {
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8501)}), "less than the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8499)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7501)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7499)}), "more than the rule says."));
}

TEST(Conclusion, QuotesTheBestGemmWithItsInterval) {
  Record other = gemm(0.85);
  other.variant = "better";
  const std::string text = conclusion_of({gemm(0.6), other, chain(0.95)});
  EXPECT_TRUE(holds(text,
                    "the best stable gemm here (better f32 m:4096/n:4096/k:4096) loses 15.0 % "
                    "[15.0, 15.0] of 2·N·C at the specified clock"))
      << text;
  EXPECT_TRUE(holds(text, "arithmetic without memory (fma_chain f32) loses 5.0 %")) << text;
}

TEST(Conclusion, QuotesNoWrongOrImpossibleResult) {
  Record wrong = gemm(0.99);
  wrong.variant = "wrong";
  wrong.outcome = "incorrect";
  Record impossible = gemm(1.5);
  impossible.variant = "impossible";
  EXPECT_TRUE(holds(conclusion_of({wrong, impossible, gemm(0.8)}), "(tiled f32 "));
}

TEST(Conclusion, IsNotPlacedByASuspect) {
  EXPECT_TRUE(holds(conclusion_of({gemm(1.5)}), "not placed"));
}

TEST(Conclusion, QuotesTheSustainedGemmOfTwo) {
  Record sustained = gemm(0.7);
  sustained.mode = "sustained";
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9), sustained}), "loses 30.0 %"));
}

TEST(Conclusion, QuotesNoUnstableGemm) {
  Record unstable = gemm(0.95);
  unstable.variant = "unstable";
  for (std::size_t i = 0; i < 6; ++i) unstable.samples_s[i] *= 1.2;
  EXPECT_TRUE(holds(conclusion_of({unstable, gemm(0.8)}), "loses 20.0 %"));
  EXPECT_TRUE(holds(conclusion_of({unstable}), "not placed"));
}

TEST(Conclusion, QuotesNoGemmThatBeatsItsCeiling) {
  Record beaten = chain(0.7);
  EXPECT_FALSE(holds(conclusion_of({gemm(0.9), beaten}), "gemm"));
  beaten.units = "tensor";  // no ceiling of vector units
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9), beaten}), "best stable gemm"));
}

TEST(Conclusion, SetsAChainOfTheSamePrecisionBeside) {
  Record other = chain(0.99);
  other.precision = "f64";
  const std::string text = conclusion_of({gemm(0.8), other, chain(0.95)});
  EXPECT_TRUE(holds(text, "(fma_chain f32) loses 5.0 %")) << text;
}

TEST(Conclusion, FallsBackToTheFmaChain) {
  EXPECT_TRUE(
      holds(conclusion_of({chain(0.97)}), "the best stable fma_chain here (registers f32 n:1)"));
}

TEST(Conclusion, IsAgainstTheMeasuredClockWhenThatRunsAhead) {
  const std::string text = conclusion_of({gemm(1.0, 1.8e9)});
  EXPECT_TRUE(holds(text, "loses 16.7 %")) << text;
  EXPECT_TRUE(holds(text, "at the measured clock, as the rule says")) << text;
  EXPECT_TRUE(holds(text, "the clock ran at 120 % of the specified one.")) << text;
}

TEST(Conclusion, NamesTheMaximumClockWhereNoneIsSpecified) {
  Record record = gemm(0.96);  // 0.8 at the maximum clock of 1.8 GHz
  record.clock_specified_hz = kUnknown;
  const std::string text = conclusion_of({record});
  EXPECT_TRUE(holds(text, "loses 20.0 %")) << text;
  EXPECT_TRUE(holds(text, "at the maximum clock")) << text;
}

TEST(Conclusion, SaysWhenNothingCanBePlaced) {
  Record unknown = gemm(0.9);
  unknown.peak_per_clock = kUnknown;
  const std::string start = "Rule of thumb of 15–25 % overhead: not placed, because no ";
  EXPECT_EQ(conclusion_of({unknown}).find(start), 0u);
  const auto memory = example::with_samples(example::memory_record(), 1e-3);
  EXPECT_EQ(conclusion_of({memory}).find(start), 0u);
  EXPECT_FALSE(holds(conclusion_of({memory}), "no row has a known peak"));  // this one has
}

TEST(Conclusion, LeavesOutWhatOthersHadAShareOf) {
  Record shared = gemm(0.4);
  shared.others_share = 0.5;
  EXPECT_TRUE(holds(conclusion_of({shared}), "other programs had much of the device"));
  Record quiet = gemm(0.8);
  quiet.problem = "m:1/n:1/k:1";
  quiet.others_share = 0.01;
  EXPECT_TRUE(holds(conclusion_of({shared, quiet}), "loses 20.0 %"));
}

TEST(Conclusion, IsNotMovedByAnotherClockOfTensorUnits) {
  Record probe = gemm(0.6);
  probe.workload = "mma_chain";
  probe.clock_specified_hz /= 1.1;  // it runs above its own specified clock
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8), probe}), "at the specified clock"));
}

TEST(Conclusion, IsNotPlacedByAnIntervalWiderThanTheRule) {
  std::vector<Record> records = {gemm(0.9), gemm(0.8), gemm(0.7)};
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  EXPECT_TRUE(holds(conclusion_of(records), "not placed"));
}

TEST(Conclusion, QuotesOnlyRandomDataFromMemory) {
  Record zeros = gemm(0.95);
  zeros.data = "zeros";
  Record hot = gemm(0.93);
  hot.cache = "hot";
  EXPECT_TRUE(holds(conclusion_of({zeros, hot, gemm(0.8)}), "loses 20.0 %"));
}

TEST(Conclusion, HasNoVerdictOnAnUnknownClock) {
  Record turbo = gemm(1.0, 1.8e9);
  Record blind = gemm(1.0, 1.8e9);
  blind.run = "another";
  for (double& clock_hz : blind.clocks_hz) clock_hz = kUnknown;
  const std::string text = conclusion_of({turbo, blind});
  EXPECT_FALSE(holds(text, "nan")) << text;
}

TEST(Conclusion, SaysBothWhereTheIntervalReachesAcrossOneEnd) {
  const auto rounds_around = [](double eta) {
    std::vector<Record> records;
    for (const double factor : {0.996, 1.0, 1.004}) {
      records.push_back(gemm(eta * factor));
      records.back().run = std::to_string(factor);
    }
    return records;
  };
  EXPECT_TRUE(holds(conclusion_of(rounds_around(0.85)), ", as the rule says, or less."));
  EXPECT_TRUE(holds(conclusion_of(rounds_around(0.75)), ", as the rule says, or more."));
}

}  // namespace
}  // namespace derate
