// SPDX-License-Identifier: Apache-2.0
// Asks a GEMM model on a grid that is even in log m and log k.
#include "page/gemm_sections.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "page/page_json.h"

namespace derate::page {
namespace {

constexpr int kLines = 5;
constexpr int kPoints = 17;

/// `count` numbers from `low` to `high`, each the same multiple of the one before; whole, and none
/// twice.
std::vector<std::int64_t> spaced(std::int64_t low, std::int64_t high, int count) {
  std::vector<std::int64_t> values;
  const double step = std::log(double(high) / double(low)) / (count - 1);
  for (int i = 0; i < count; ++i) {
    values.push_back(std::llround(double(low) * std::exp(step * i)));
  }
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

template <typename Extent>
std::pair<std::int64_t, std::int64_t> range_of(const std::vector<GemmSample>& samples,
                                               const Extent& extent) {
  const auto [low, high] = std::minmax_element(
      samples.begin(), samples.end(),
      [&](const GemmSample& a, const GemmSample& b) { return extent(a) < extent(b); });
  return {extent(*low), extent(*high)};
}

double eta_of(const GemmPeaks& peaks, const GemmShape& shape, double time_s) {
  return gemm_flop(shape) / time_s / peaks.flop_per_s;
}

Json line_of(const GemmModel& model, std::int64_t k, const std::vector<std::int64_t>& extents) {
  Json points = Json::array();
  for (const std::int64_t extent : extents) {
    const GemmShape shape{extent, extent, k};
    const GemmPrediction predicted = model.predict(shape);
    const GemmPeaks& peaks = model.data().peaks;
    points.push_back({extent, number(eta_of(peaks, shape, predicted.time_s), 4),
                      number(eta_of(peaks, shape, predicted.interval_s.high), 4),
                      number(eta_of(peaks, shape, predicted.interval_s.low), 4)});
  }
  return {{"k", k}, {"points", points}};
}

}  // namespace

Json gemm_sections(const CalibratedGemm& gemm) {
  const std::vector<GemmSample>& samples = gemm.model.samples;
  const GemmModel model(gemm.model);
  const auto [m_low, m_high] =
      range_of(samples, [](const GemmSample& s) { return std::max(s.shape.m, s.shape.n); });
  const auto [k_low, k_high] = range_of(samples, [](const GemmSample& s) { return s.shape.k; });
  Json lines = Json::array();
  for (const std::int64_t k : spaced(k_low, k_high, kLines)) {
    lines.push_back(line_of(model, k, spaced(m_low, m_high, kPoints)));
  }
  Json measured = Json::array();
  for (const GemmSample& sample : samples) {
    measured.push_back({sample.shape.m, sample.shape.n, sample.shape.k,
                        number(eta_of(gemm.model.peaks, sample.shape, sample.time_s), 4)});
  }
  return {{"variant", gemm.variant}, {"precision", gemm.precision}, {"cache", gemm.cache},
          {"mode", gemm.mode},       {"peak", gemm.compute_peak},   {"lines", lines},
          {"measured", measured}};
}

}  // namespace derate::page
