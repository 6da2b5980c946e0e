// SPDX-License-Identifier: Apache-2.0
// Selection of rows, peaks and steps, and what each export contains.
#include "export/exports.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "derate/error.h"
#include "export/measured.h"
#include "unit/export/example_rows.h"

namespace derate {
namespace {

using namespace example_rows;

/// What the refusal says.
std::string refusal(const std::vector<Record>& records, std::string_view to) {
  try {
    (void)export_rows(rows_of(records), to, "");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    return error.what();
  }
  return "";
}

TEST(Exports, NamesAreUnderstood) {
  EXPECT_EQ(export_names().front(), "calculon");
  EXPECT_EQ(export_names().back(), "csv");
  EXPECT_THROW(static_cast<void>(export_rows({}, "excel", "")), Error);
}

TEST(Exports, StepsEndHalfWayInTheLogarithm) {
  const auto found = exports::steps({{1, 0.1}, {100, 0.5}, {10000, 0.9}});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_DOUBLE_EQ(found[0].efficiency, 0.9);
  EXPECT_NEAR(found[0].at_least, 1000, 1e-9);
  EXPECT_DOUBLE_EQ(found[1].efficiency, 0.5);
  EXPECT_NEAR(found[1].at_least, 10, 1e-9);
  EXPECT_DOUBLE_EQ(found[2].efficiency, 0.1);
  EXPECT_DOUBLE_EQ(found[2].at_least, 0);
}

TEST(Exports, NearbyPointsAreOneStepAtTheirMedian) {
  const auto found = exports::steps({{100, 0.5}, {101, 0.9}, {102, 0.6}, {1, 0.1}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[0].efficiency, 0.6);
  EXPECT_TRUE(exports::steps({}).empty());
}

TEST(Exports, TakeALibrarysProductsRatherThanOurOwn) {
  const auto rows = rows_of({product(1024, 0.4), product(1024, 0.7, "derate")});
  const auto found = exports::products(exports::measured(rows, ""), "bf16");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].row->provider, "examplelib");
  EXPECT_DOUBLE_EQ(found[0].flops, 2.0 * 1024 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(found[0].bytes, 3.0 * 2 * 1024 * 1024);
  const auto own = rows_of({product(1024, 0.7, "derate")});
  EXPECT_EQ(exports::products(exports::measured(own, ""), "bf16").size(), 1U);
}

TEST(Exports, TakeSustainedRowsWhereThereAreAny) {
  const auto rows = rows_of({product(1024, 0.7), sustained(product(1024, 0.6))});
  const auto lasting = exports::measured(rows, "");
  EXPECT_EQ(lasting.mode, "sustained");
  ASSERT_EQ(lasting.rows.size(), 1U);
  EXPECT_NEAR(lasting.rows[0]->eta.value, 0.6, 1e-12);
  EXPECT_TRUE(lasting.notes.empty());
  EXPECT_NEAR(exports::measured(rows, "burst").rows.at(0)->eta.value, 0.7, 1e-12);
}

TEST(Exports, SayWhenOnlyBurstsWereMeasured) {
  const auto rows = rows_of({product(1024, 0.7)});
  EXPECT_EQ(exports::measured(rows, "").notes.size(), 1U);
  EXPECT_TRUE(exports::measured(rows, "burst").notes.empty());  // they were asked for
}

TEST(Exports, LeaveOutZerosAndWrongResults) {
  Record zeros = product(1024, 0.9);
  zeros.data = "zeros";
  Record wrong = product(2048, 0.9);
  wrong.outcome = "incorrect";
  EXPECT_EQ(exports::measured(rows_of({product(4096, 0.7), zeros, wrong}), "").rows.size(), 1U);
  EXPECT_NE(refusal({zeros}, "csv").find("no burst row"), std::string::npos);
}

TEST(Exports, RefuseSeveralDevices) {
  Record other = product(1024, 0.5);
  other.device_id = "example-0001";
  other.device_name = "Other GPU";
  EXPECT_NE(refusal({product(1024, 0.4), other}, "csv").find("--device"), std::string::npos);
}

TEST(Exports, PeaksAreExceededByNothing) {
  const auto peak = [](std::vector<Record> records) {
    const auto rows = rows_of(records);
    std::vector<const Row*> all;
    for (const Row& row : rows) all.push_back(&row);
    return exports::peak_above(all);
  };
  EXPECT_DOUBLE_EQ(peak({product(1024, 0.4)}).per_s, kPeak);
  Record boosted = product(1024, 1.05);
  boosted.clocks_hz.assign(boosted.samples_s.size(), 1.2 * example::kSpecified_hz);
  EXPECT_DOUBLE_EQ(peak({product(512, 0.4), boosted}).per_s, 1.2 * kPeak);
  Record unknown = product(1024, 0.4);
  unknown.peak_per_clock = kUnknown;
  EXPECT_NEAR(peak({unknown}).per_s, 0.4 * kPeak, 1);
}

TEST(Exports, CalculonGetsStepsOfSharesAndTheMemory) {
  const Exported exported = export_rows(rows_of(everything()), "calculon", "burst");
  for (const char* words : {"\"bfloat16\"", "\"tflops\": 38.4", "0.75", "\"GBps\": 2000.0", "0.85",
                            "\"processing_mode\": \"roofline\""}) {
    EXPECT_NE(exported.text.find(words), std::string::npos) << words << exported.text;
  }
}

TEST(Exports, CalculonGetsProductsAboveTheRidgeOnly) {
  // The ridge is at 38.4e12 / (0.85 * 2e12) = 22.6 FLOP/B; a product of 32 has 10.7.
  auto records = everything();
  records.push_back(product(32, 0.01));
  const Exported exported = export_rows(rows_of(records), "calculon", "burst");
  EXPECT_EQ(exported.text.find("0.01"), std::string::npos) << exported.text;
}

TEST(Exports, SayWhatIsMissing) {
  EXPECT_NE(refusal({product(1024, 0.4)}, "calculon").find("vector_add"), std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8), chain()}, "calculon").find("gemm"), std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8), product(1024, 0.4)}, "calculon").find("fma_chain"),
            std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8)}, "llm-analysis").find("bf16"), std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8)}, "llm.c").find("tensor"), std::string::npos);
  EXPECT_NE(refusal({product(1024, 0.4)}, "aiconfigurator").find("vector_add"), std::string::npos);
  EXPECT_NE(refusal({product(1024, 0.4)}, "tracelens").find("vector_add"), std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8)}, "tracelens").find("fma_chain"), std::string::npos);
  EXPECT_NE(refusal({product(1024, 0.4)}, "llmfit").find("vector_add"), std::string::npos);
  EXPECT_NE(refusal({stream(2e9, 0.8)}, "csv").find("gemm"), std::string::npos);
}

TEST(Exports, LlmAnalysisGetsTheLargeProductsShareAsAnOption) {
  const Exported exported = export_rows(rows_of(everything()), "llm-analysis", "burst");
  EXPECT_NE(exported.text.find("\"peak_fp16_TFLOPS\": 38.4"), std::string::npos) << exported.text;
  ASSERT_FALSE(exported.notes.empty());
  EXPECT_NE(exported.notes[0].find("--flops_efficiency 0.7500 --hbm_memory_efficiency 0.8500"),
            std::string::npos)
      << exported.notes[0];
}

TEST(Exports, LlmCGetsARowOfPeaks) {
  const Exported exported = export_rows(rows_of(everything()), "llm.c", "burst");
  EXPECT_EQ(exported.text,
            "// Example GPU: peaks at 1500 MHz, dense; cores are SMs, of which only the ratio "
            "counts.\n"
            "// Measured with products (burst): bf16 28.8 TFLOP/s.\n"
            "static const PerfData DERATE_EXAMPLE_GPU = {-1.f, 38.4f, -1.f, -1.f, -1.f, -1.f, "
            "1500.0f, 100.0f};\n"
            "// For gpu_db[]:\n"
            "    {\"Example GPU\", &DERATE_EXAMPLE_GPU, 100, 1500},\n");
}

TEST(Exports, AiconfiguratorGetsItsTwoFactors) {
  auto records = everything();
  Record node = example::record();
  node.workload = "launch";
  node.variant = "graph";
  node.bound = "latency";
  node.steps = 1000;
  node.peak_per_clock = kUnknown;
  records.push_back(example::with_samples(node, 0.002));
  const Exported exported = export_rows(rows_of(records), "aiconfigurator", "burst");
  for (const char* words :
       {"mem_bw: 2000000000000 ", "mem_bw_empirical_scaling_factor: 0.8500 ",
        "mem_empirical_constant_latency: 0.000002000 ", "mem_capacity: 64000000000 ",
        "bfloat16_tc_flops: 38400000000000 ", "power: 300 "}) {
    EXPECT_NE(exported.text.find(words), std::string::npos) << words << exported.text;
  }
  ASSERT_EQ(exported.notes.size(), 1U);
  EXPECT_NE(exported.notes[0].find("int8_tc_flops, fp8_tc_flops, sm_version"), std::string::npos);
}

TEST(Exports, TheTableHoldsTheTimeOfEachProduct) {
  const Exported exported = export_rows(rows_of({product(1000, 0.5)}), "csv", "burst");
  EXPECT_NE(exported.text.find("\n1000,1000,1000,0.000104167,0.000104167,0.000104167,bf16,"
                               "examplelib,examplelib,1.92e+13,1.5e+09\n"),
            std::string::npos)
      << exported.text;
}

}  // namespace
}  // namespace derate
