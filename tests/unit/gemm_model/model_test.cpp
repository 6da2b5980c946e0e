// SPDX-License-Identifier: Apache-2.0
// The GEMM model on tables whose truth is known.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "derate/error.h"
#include "derate/gemm_model.h"
#include "derate/statistics.h"
#include "gemm_model/forms.h"
#include "hardware/product.h"
#include "hardware/product_name.h"
#include "synthetic_gemms.h"

namespace derate {
namespace {

constexpr GemmShape kInside = {700, 3000, 1200};
constexpr GemmShape kFarOutside = {700, 3000, 1'000'000'000};

double median_error(const GemmModel& model, const GemmTruth& truth, std::uint64_t seed) {
  std::vector<double> errors;
  for (const GemmSample& sample : synthetic_gemms(truth, 1000, seed)) {
    errors.push_back(std::abs(model.predict(sample.shape).time_s / sample.time_s - 1));
  }
  return median(errors);
}

double log_width(const GemmPrediction& prediction) {
  return std::log(prediction.interval_s.high / prediction.interval_s.low);
}

TEST(GemmModel, CountsByHand) {
  const GemmPeaks peaks = {100, 10, 0, 1, 4};
  EXPECT_EQ(gemm_flop({2, 3, 5}), 60);
  EXPECT_EQ(gemm_bytes(peaks, {2, 3, 5}), 10 + 15 + 4 * 6);
  // 60 operations at half of 100 a second, 49 bytes at all of 10 a second.
  EXPECT_DOUBLE_EQ(knee_time_s(peaks, {0.5, 1, 7, 2}, {2, 3, 5}), 7 + std::hypot(1.2, 4.9));
}

TEST(GemmModel, FindsTheKneeAgain) {
  const GemmTruth truth;
  const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 500, 1), truth.peaks);
  const GemmKnee& knee = model.data().knee;
  EXPECT_NEAR(knee.eta_compute, truth.knee.eta_compute, 0.01);
  EXPECT_NEAR(knee.eta_memory, truth.knee.eta_memory, 0.01);
  EXPECT_NEAR(knee.launch_s, truth.knee.launch_s, 5e-8);
  EXPECT_NEAR(knee.sharpness, truth.knee.sharpness, 0.2);
  EXPECT_LT(median_error(model, {.noise = 0}, 2), 0.005);
}

TEST(GemmModel, LearnsWhatTheKneeDoesNotHold) {
  const GemmTruth truth = {.field = 0.3};
  const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 1000, 1), truth.peaks);
  std::vector<double> of_knee;
  for (const GemmSample& sample : synthetic_gemms(truth, 1000, 2)) {
    of_knee.push_back(
        std::abs(knee_time_s(truth.peaks, model.data().knee, sample.shape) / sample.time_s - 1));
  }
  EXPECT_GT(median(of_knee), 0.08);
  EXPECT_LT(median_error(model, truth, 2), 0.03);
}

TEST(GemmModel, LearnsTheWavesOfTiles) {
  GemmTruth truth;
  truth.peaks.compute_units = 100;
  const GemmWaves waves = {truth.knee, 10, 60, 0.9};
  const auto samples = [&](std::uint64_t seed) {
    std::vector<GemmSample> made = synthetic_gemms(truth, 600, seed);
    for (GemmSample& sample : made) sample.time_s = wave_time_s(truth.peaks, waves, sample.shape);
    return made;
  };
  const auto misfit = [&](const GemmModel& model) {
    std::vector<double> errors;
    for (const GemmSample& sample : samples(2)) {
      errors.push_back(std::abs(model.predict(sample.shape).time_s / sample.time_s - 1));
    }
    return median(errors);
  };
  const GemmModel with = GemmModel::fit(samples(1), truth.peaks);
  GemmPeaks unknown_units = truth.peaks;
  unknown_units.compute_units = 0;
  const GemmModel without = GemmModel::fit(samples(1), unknown_units);
  EXPECT_GE(with.data().waves_weight, 0.75);
  EXPECT_EQ(without.data().waves_weight, 0);
  EXPECT_LT(misfit(with), 0.5 * misfit(without));
}

TEST(GemmModel, IntervalsCoverWhatTheyPromise) {
  const GemmTruth truth = {.field = 0.3, .noise = 0.03, .small_noise = 0.1};
  for (const double confidence : {0.5, 0.9, 0.98}) {
    double covered = 0;
    double count = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
      const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 500, seed), truth.peaks);
      for (const GemmSample& sample : synthetic_gemms(truth, 2000, 100 + seed)) {
        const Interval interval = model.predict(sample.shape, confidence).interval_s;
        covered += interval.contains(sample.time_s) ? 1 : 0;
        ++count;
      }
    }
    EXPECT_NEAR(covered / count, confidence, confidence == 0.5 ? 0.04 : 0.02) << confidence;
  }
}

TEST(GemmModel, IntervalsAreWiderWhereTimesScatter) {
  const GemmTruth truth = {.small_noise = 0.1};
  const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 1000, 1), truth.peaks);
  EXPECT_GT(log_width(model.predict({64, 64, 64})),
            3 * log_width(model.predict({4096, 4096, 4096})));
}

TEST(GemmModel, SaysWhereItExtrapolates) {
  const GemmTruth truth = {.field = 0.2};
  const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 500, 1), truth.peaks);
  const GemmPrediction inside = model.predict(kInside);
  EXPECT_FALSE(inside.extrapolated);
  EXPECT_LT(inside.distance_octaves, 2);
  const GemmPrediction outside = model.predict(kFarOutside);
  EXPECT_TRUE(outside.extrapolated);
  EXPECT_NEAR(outside.distance_octaves, std::log2(1e9 / 16384), 2);
  EXPECT_GT(log_width(outside), 2 * log_width(inside));
  EXPECT_NEAR(outside.time_s / truth.time_s(kFarOutside), 1, 0.5);  // the knee holds on
  EXPECT_TRUE(model.predict({1, 1, 1}).extrapolated);
  EXPECT_TRUE(model.predict({15, 3000, 1200}).extrapolated);  // just below every m
}

TEST(GemmModel, AHoleWithinTheRangeIsExtrapolationToo) {
  std::vector<GemmSample> samples;
  for (const GemmSample& sample : synthetic_gemms({}, 1500, 1)) {
    const bool corner = sample.shape.m < 128 && sample.shape.n < 128 && sample.shape.k < 128;
    const bool other = sample.shape.m > 2048 && sample.shape.n > 2048 && sample.shape.k > 2048;
    if (corner || other) samples.push_back(sample);
  }
  const GemmModel model = GemmModel::fit(samples, GemmTruth{}.peaks);
  EXPECT_TRUE(model.predict({512, 512, 512}).extrapolated);
  EXPECT_FALSE(model.predict({64, 64, 64}).extrapolated);
}

TEST(GemmModel, NamesTheBound) {
  const GemmTruth truth;
  const GemmModel model = GemmModel::fit(synthetic_gemms(truth, 500, 1), truth.peaks);
  EXPECT_EQ(model.predict({16, 16, 16}).bound, GemmBound::launch);
  EXPECT_EQ(model.predict({16, 16000, 16000}).bound, GemmBound::memory);
  EXPECT_EQ(model.predict({8000, 8000, 8000}).bound, GemmBound::compute);
  EXPECT_EQ(to_string(GemmBound::memory), "memory");
}

TEST(GemmModel, IsTheSameEveryTimeAndFromItsData) {
  GemmTruth truth = {.field = 0.3};
  truth.peaks.compute_units = 100;
  const std::vector<GemmSample> samples = synthetic_gemms(truth, 300, 1);
  const GemmModel first = GemmModel::fit(samples, truth.peaks);
  const GemmModel second = GemmModel::fit(samples, truth.peaks);
  const GemmModel stored(first.data());
  for (const GemmShape& shape : {kInside, kFarOutside}) {
    const GemmPrediction prediction = first.predict(shape);
    for (const GemmModel* other : {&second, &stored}) {
      EXPECT_EQ(other->predict(shape).time_s, prediction.time_s);
      EXPECT_EQ(other->predict(shape).interval_s.high, prediction.interval_s.high);
    }
  }
}

TEST(GemmModel, PeaksOnlyFixTheUnits) {
  const GemmTruth truth = {.field = 0.3};
  const std::vector<GemmSample> samples = synthetic_gemms(truth, 300, 1);
  GemmPeaks other = truth.peaks;
  other.flop_per_s *= 3;
  other.bytes_per_s /= 5;
  const double expected = GemmModel::fit(samples, truth.peaks).predict(kInside).time_s;
  EXPECT_NEAR(GemmModel::fit(samples, other).predict(kInside).time_s / expected, 1, 0.01);
}

TEST(GemmModel, TablesWithoutSpread) {
  const GemmTruth exact = {.noise = 0};
  std::vector<GemmSample> samples = synthetic_gemms(exact, 100, 1);
  const GemmPrediction prediction = GemmModel::fit(samples, exact.peaks).predict(kInside);
  EXPECT_NEAR(prediction.time_s / exact.time_s(kInside), 1, 0.02);
  EXPECT_TRUE(prediction.interval_s.contains(prediction.time_s));
  for (GemmSample& sample : samples) sample = samples.front();  // one shape, a hundred times
  const GemmModel same = GemmModel::fit(samples, exact.peaks);
  EXPECT_NEAR(same.predict(samples.front().shape).time_s / samples.front().time_s, 1, 1e-6);
  EXPECT_TRUE(std::isfinite(same.predict(kFarOutside).interval_s.high));
}

TEST(GemmModel, RefusesWhatMakesNoSense) {
  const GemmTruth truth;
  const std::vector<GemmSample> good = synthetic_gemms(truth, kFewestGemmSamples, 1);
  EXPECT_NO_THROW((void)GemmModel::fit(good, truth.peaks));
  const std::vector<GemmSample> few(good.begin() + 1, good.end());
  EXPECT_THROW((void)GemmModel::fit(few, truth.peaks), Error);
  for (const double time_s : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    std::vector<GemmSample> bad = good;
    bad[7].time_s = time_s;
    EXPECT_THROW((void)GemmModel::fit(bad, truth.peaks), Error) << time_s;
  }
  std::vector<GemmSample> bad = good;
  bad[7].shape.n = 0;
  EXPECT_THROW((void)GemmModel::fit(bad, truth.peaks), Error);
  for (const double peak : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW((void)GemmModel::fit(good, {peak, 1e12, 0, 2, 2}), Error);
    EXPECT_THROW((void)GemmModel::fit(good, {1e12, peak, 0, 2, 2}), Error);
  }
  const GemmModel model = GemmModel::fit(good, truth.peaks);
  EXPECT_THROW((void)model.predict({0, 1, 1}), Error);
  for (const double confidence : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_THROW((void)model.predict(kInside, confidence), Error);
  }
  EXPECT_THROW((void)model.predict({1, 1, std::numeric_limits<std::int64_t>::min()}), Error);
}

TEST(GemmModel, RefusesDataThatNoModelHad) {
  GemmTruth truth;
  truth.peaks.compute_units = 100;
  const GemmModelData good =
      GemmModel::fit(synthetic_gemms(truth, kFewestGemmSamples, 1), truth.peaks).data();
  EXPECT_NO_THROW(GemmModel{good});
  for (const double wrong : {-1.0, std::nan("")}) {
    for (const auto member : {&GemmModelData::waves_weight, &GemmModelData::nugget_octaves,
                              &GemmModelData::score_scale}) {
      GemmModelData bad = good;
      bad.*member = wrong;
      EXPECT_THROW(GemmModel{bad}, Error);
    }
    GemmModelData bad = good;
    bad.knee.launch_s = wrong;
    EXPECT_THROW(GemmModel{bad}, Error);
    bad = good;
    bad.waves.quantisation = wrong;
    EXPECT_THROW(GemmModel{bad}, Error);
    bad = good;
    bad.samples[3].time_s = wrong;
    EXPECT_THROW(GemmModel{bad}, Error);
  }
}

TEST(GemmPeaks, OfAProduct) {
  const Device h200 = device_of(product_named("H200"));
  const auto bf16 = gemm_peaks_of(h200, Precision::bf16);
  ASSERT_TRUE(bf16);
  EXPECT_NEAR(bf16->flop_per_s, 989.4e12, 0.1e12);
  EXPECT_EQ(bf16->compute_units, 132);
  EXPECT_EQ(bf16->bytes_per_result, 2);
  EXPECT_EQ(gemm_peaks_of(h200, Precision::fp8)->bytes_per_operand, 1);
  EXPECT_EQ(gemm_peaks_of(h200, Precision::fp8)->bytes_per_result, 2);
  EXPECT_EQ(gemm_peaks_of(h200, Precision::i8)->bytes_per_result, 4);
  EXPECT_NEAR(gemm_peaks_of(h200, Precision::f32)->flop_per_s, 66.9e12, 0.1e12);
  EXPECT_FALSE(gemm_peaks_of({}, Precision::f32));
}

}  // namespace
}  // namespace derate
