// SPDX-License-Identifier: Apache-2.0
// How the model is tested: what it may see, and what it reaches on synthetic tables and, where they
// are, on measured ones.
#include "gemm_model/validation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <tuple>
#include <utility>

#include "derate/error.h"
#include "gemm_model/measured_table.h"
#include "hardware/product.h"
#include "hardware/product_name.h"
#include "synthetic_gemms.h"

namespace derate {
namespace {

auto shape_of(const GemmSample& sample) {
  return std::tuple(sample.shape.m, sample.shape.n, sample.shape.k);
}

/// Every m with every (n, k), as measured tables have them.
std::vector<GemmSample> grid() {
  std::vector<GemmSample> samples;
  for (std::int64_t m = 1; m <= 10; ++m) {
    for (std::int64_t n = 1; n <= 5; ++n) {
      for (std::int64_t k = 1; k <= 5; ++k) {
        samples.push_back({{m * 100, n * 100, k * 100}, 1e-9 * static_cast<double>(m * n * k)});
      }
    }
  }
  return samples;
}

TEST(Split, NoRowIsBothFittedToAndTestedOn) {
  const std::vector<Split> splits = split(grid(), {.train = 60, .test = 0, .seed = 3});
  ASSERT_EQ(splits.size(), 1);
  EXPECT_EQ(splits[0].train.size(), 60);
  EXPECT_EQ(splits[0].test.size(), 190);
  std::set<decltype(shape_of({}))> all;
  for (const GemmSample& sample : splits[0].train) all.insert(shape_of(sample));
  for (const GemmSample& sample : splits[0].test) all.insert(shape_of(sample));
  EXPECT_EQ(all.size(), 250);
}

TEST(Split, NoPairIsBothFittedToAndTestedOn) {
  const std::vector<Split> splits =
      split(grid(), {.train = 60, .test = 0, .seed = 3, .hold_out = HoldOut::pairs});
  ASSERT_EQ(splits.size(), 5);
  std::set<decltype(shape_of({}))> tested;
  for (const Split& one : splits) {
    EXPECT_EQ(one.train.size(), 60);
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (const GemmSample& sample : one.train) seen.insert({sample.shape.n, sample.shape.k});
    for (const GemmSample& sample : one.test) {
      EXPECT_EQ(seen.count({sample.shape.n, sample.shape.k}), 0);
      tested.insert(shape_of(sample));
    }
  }
  EXPECT_EQ(tested.size(), 250);  // each once
}

TEST(Split, DependsOnTheSeedAlone) {
  const auto first = [](std::uint64_t seed) {
    return shape_of(split(grid(), {.train = 60, .test = 7, .seed = seed})[0].train.front());
  };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
  // The same on every machine: not by the standard library's own shuffling.
  EXPECT_EQ(split(grid(), {.train = 60, .test = 7})[0].test.size(), 7);
}

TEST(Split, SharesTheTestsOutExactly) {
  std::size_t tested = 0;
  for (const Split& one :
       split(grid(), {.train = 60, .test = 99, .seed = 1, .hold_out = HoldOut::pairs})) {
    tested += one.test.size();
  }
  EXPECT_EQ(tested, 99);
}

TEST(Split, RefusesTooFewSamples) {
  EXPECT_THROW((void)split(grid(), {.train = 250}), Error);
  EXPECT_NO_THROW((void)split(grid(), {.train = 249}));
  EXPECT_THROW((void)split(grid(), {.train = 230, .hold_out = HoldOut::pairs}), Error);
  EXPECT_THROW((void)split({}, {.train = 60}), Error);
}

TEST(Validation, SetsTheModelBesideSimplerForms) {
  const GemmTruth truth = {.field = 0.3};
  const GemmValidation found = validate_gemm_model(synthetic_gemms(truth, 2000, 1), truth.peaks,
                                                   {.train = 800, .test = 0, .seed = 1});
  EXPECT_EQ(found.tested, 1200);
  ASSERT_EQ(found.forms.size(), 4);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_LT(2 * found.forms[0].median, found.forms[i].median) << found.forms[i].form;
    EXPECT_TRUE(std::isnan(found.forms[i].coverage));
  }
  EXPECT_NEAR(found.forms[0].coverage, 0.9, 0.03);
  EXPECT_NEAR(found.forms[0].sum_ratio, 1, 0.05);
  EXPECT_LT(found.forms[0].median, found.forms[0].p90);
  EXPECT_LT(found.forms[0].p90, found.forms[0].p95);
}

TEST(Validation, WithoutNoiseTheFormsErrOnlyWhereTheyDiffer) {
  // A device that is its roofline: the ideal roofline is exact, one scalar is not.
  const GemmTruth truth = {.knee = {1, 1, 1e-12, 60}, .noise = 0};
  const GemmValidation found =
      validate_gemm_model(synthetic_gemms(truth, 600, 1), truth.peaks, {.train = 300});
  EXPECT_EQ(found.forms[3].form, "ideal roofline");
  EXPECT_LT(found.forms[3].p95, 0.02);
  EXPECT_NEAR(found.forms[3].sum_ratio, 1, 0.02);
  EXPECT_GT(found.forms[2].p90, 0.5);
}

/// Tables that others measured: shared/data/README.md.
class MeasuredTables : public testing::Test {
 protected:
  std::vector<GemmSample> table(const std::string& name) {
    const char* const folder = std::getenv("DERATE_DATA_DIR");
    const std::filesystem::path path =
        std::filesystem::path(folder != nullptr ? folder : DERATE_SHARED_DATA) / name;
    if (!std::filesystem::exists(path)) return {};
    return read_gemm_table(path).samples;
  }

  FormErrors errors(const std::vector<GemmSample>& samples, const std::string& product,
                    const ValidationPlan& plan) {
    const GemmPeaks peaks = *gemm_peaks_of(device_of(product_named(product)), Precision::bf16);
    return validate_gemm_model(samples, peaks, plan).forms.front();
  }
};

TEST_F(MeasuredTables, H200) {
  const std::vector<GemmSample> samples = table("gemm_bf16_h200_trtllm_1.3.0rc20.csv");
  if (samples.empty()) GTEST_SKIP() << "no such table here";
  double coverage = 0;
  for (const std::uint64_t seed : {101, 102, 103, 104}) {
    const FormErrors many = errors(samples, "H200", {.train = 1000, .test = 3000, .seed = seed});
    EXPECT_LE(many.median, 0.035) << seed;
    EXPECT_LE(many.p95, 0.14) << seed;
    coverage += many.coverage / 4;
    const FormErrors few = errors(samples, "H200", {.train = 300, .test = 3000, .seed = seed});
    EXPECT_LE(few.median, 0.042) << seed;
    EXPECT_LE(few.p95, 0.17) << seed;
  }
  EXPECT_NEAR(coverage, 0.9, 0.015);
  const FormErrors pairs = errors(
      samples, "H200", {.train = 1000, .test = 3000, .seed = 101, .hold_out = HoldOut::pairs});
  EXPECT_LE(pairs.p90, 0.11);
  EXPECT_NEAR(pairs.coverage, 0.9, 0.02);
}

TEST_F(MeasuredTables, A100) {
  const std::vector<GemmSample> samples = table("gemm_bf16_a100_trtllm_1.0.0.csv");
  if (samples.empty()) GTEST_SKIP() << "no such table here";
  for (const std::uint64_t seed : {101, 102}) {
    const ValidationPlan plan = {.train = 1000, .test = 3000, .seed = seed};
    EXPECT_LE(errors(samples, "A100 SXM 80GB", plan).median, 0.05) << seed;
  }
}

}  // namespace
}  // namespace derate
