// SPDX-License-Identifier: Apache-2.0
// The knee is a p-norm of arithmetic and memory time plus the launch; the waves count whole tiles
// per compute unit. Parameters are fitted as logarithms by the downhill simplex of Nelder and Mead.
#include "gemm_model/forms.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "stats/nelder_mead.h"

namespace derate {
namespace {

constexpr std::size_t kEnough = 2000;  // samples for a handful of parameters

// Keeps a parameter that the samples say nothing of near its start: a table without one shape that
// memory bounds has no say in η_m. Far below any misfit of the others.
constexpr double kHold = 1e-4;

using Parameters = std::vector<double>;

/// (a^p + b^p)^(1/p), which neither overflows nor underflows.
double p_norm(double a, double b, double p) {
  const double larger = std::max(a, b);
  return larger * std::pow(1 + std::pow(std::min(a, b) / larger, p), 1 / p);
}

// Shares and times are fitted as logarithms, which keeps them positive; p as that of p - 1.
Parameters packed(const GemmKnee& knee) {
  return {std::log(knee.eta_compute), std::log(knee.eta_memory), std::log(knee.launch_s),
          std::log(knee.sharpness - 1)};
}

/// No memory gives more than its peak, whatever caches make of small products; one that was assumed
/// says nothing.
double most_of_memory(const GemmPeaks& peaks) {
  return peaks.bytes_per_s == kAssumedBytes_per_s ? HUGE_VAL : 1;
}

GemmKnee knee_of(const GemmPeaks& peaks, std::span<const double> x) {
  const double eta_memory = std::min(std::exp(x[1]), most_of_memory(peaks));
  return {std::exp(x[0]), eta_memory, std::exp(x[2]), 1 + std::exp(x[3])};
}

GemmWaves waves_of(const GemmPeaks& peaks, std::span<const double> x) {
  return {knee_of(peaks, x), std::exp(x[4]), std::exp(x[5]), 1 / (1 + std::exp(-x[6]))};
}

/// One way to cut a product into tiles, as far as it does not depend on the parameters.
struct Tiling {
  double waves = 0;        // tiles ÷ compute units
  double whole_waves = 0;  // rounded up
  double area = 0;         // elements of a tile
  double edges = 0;        // 1/a + 1/b
  double depth = 0;        // k of a tile
  double prologues = 0;    // how often a tile starts and ends
};

constexpr std::array kTileEdges = {64.0, 128.0, 256.0};
constexpr std::array kSplits = {1.0, 2.0, 4.0, 8.0};
constexpr double kShallowest = 256;  // a split must leave a tile that much of k

std::vector<Tiling> tilings_of(const GemmPeaks& peaks, const GemmShape& shape) {
  std::vector<Tiling> tilings;
  tilings.reserve(kTileEdges.size() * kTileEdges.size() * kSplits.size());
  for (const double a : kTileEdges) {
    for (const double b : kTileEdges) {
      const double tiles =
          std::ceil(static_cast<double>(shape.m) / a) * std::ceil(static_cast<double>(shape.n) / b);
      for (const double split : kSplits) {
        const double depth = static_cast<double>(shape.k) / split;
        if (split > 1 && depth < kShallowest) break;
        const double waves = tiles * split / peaks.compute_units;
        // A split product is written, read and added up: a second prologue.
        tilings.push_back(
            {waves, std::ceil(waves), a * b, 1 / a + 1 / b, depth, split > 1 ? 2.0 : 1.0});
      }
    }
  }
  return tilings;
}

double time_s(const GemmPeaks& peaks, const GemmWaves& parameters, std::span<const Tiling> tilings,
              double bytes) {
  const GemmKnee& knee = parameters.knee;
  const double unit_flop_per_s = knee.eta_compute * peaks.flop_per_s / peaks.compute_units;
  const double q = parameters.quantisation;
  double compute_s = HUGE_VAL;
  for (const Tiling& tiling : tilings) {
    const double waves = std::max(1.0, q * tiling.whole_waves + (1 - q) * tiling.waves);
    const double depth = tiling.depth + parameters.prologue_depth * tiling.prologues;
    const double slower = 1 + parameters.edge_cost * tiling.edges;
    compute_s = std::min(compute_s, waves * 2 * tiling.area * depth * slower / unit_flop_per_s);
  }
  const double memory_s = bytes / (knee.eta_memory * peaks.bytes_per_s);
  return knee.launch_s + p_norm(compute_s, memory_s, knee.sharpness);
}

/// At most kEnough samples, evenly taken.
std::vector<GemmSample> thinned(std::span<const GemmSample> samples) {
  const std::size_t stride = (samples.size() + kEnough - 1) / kEnough;
  std::vector<GemmSample> kept;
  for (std::size_t i = 0; i < samples.size(); i += stride) kept.push_back(samples[i]);
  return kept;
}

/// The least mean |log(measured ÷ time)| over the parameters; `time` takes the sample's index.
template <typename Time>
Parameters fit(std::span<const GemmSample> samples, const Parameters& start, const Time& time) {
  const Objective misfit = [&](std::span<const double> x) {
    double sum = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      sum += std::abs(std::log(samples[i].time_s / time(x, i)));
    }
    double hold = 0;
    for (std::size_t i = 0; i < x.size(); ++i) hold += (x[i] - start[i]) * (x[i] - start[i]);
    return sum / static_cast<double>(samples.size()) + kHold * hold;
  };
  return minimise(misfit, start, 0.3);
}

/// The best shares and the shortest time that any sample shows.
GemmKnee first_guess(std::span<const GemmSample> samples, const GemmPeaks& peaks) {
  GemmKnee guess = {0, 0, HUGE_VAL, 2};
  for (const GemmSample& sample : samples) {
    const double t = sample.time_s;
    guess.eta_compute = std::max(guess.eta_compute, gemm_flop(sample.shape) / t / peaks.flop_per_s);
    guess.eta_memory =
        std::max(guess.eta_memory, gemm_bytes(peaks, sample.shape) / t / peaks.bytes_per_s);
    guess.launch_s = std::min(guess.launch_s, t);
  }
  guess.eta_memory = std::min(guess.eta_memory, most_of_memory(peaks));
  return guess;
}

}  // namespace

double gemm_flop(const GemmShape& shape) {
  return 2 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
         static_cast<double>(shape.k);
}

double gemm_bytes(const GemmPeaks& peaks, const GemmShape& shape) {
  const auto m = static_cast<double>(shape.m);
  const auto n = static_cast<double>(shape.n);
  const auto k = static_cast<double>(shape.k);
  return peaks.bytes_per_operand * (m * k + k * n) + peaks.bytes_per_result * m * n;
}

KneeTerms knee_terms(const GemmPeaks& peaks, const GemmKnee& knee, const GemmShape& shape) {
  return {knee.launch_s, gemm_flop(shape) / (knee.eta_compute * peaks.flop_per_s),
          gemm_bytes(peaks, shape) / (knee.eta_memory * peaks.bytes_per_s)};
}

double knee_time_s(const GemmPeaks& peaks, const GemmKnee& knee, const GemmShape& shape) {
  const KneeTerms terms = knee_terms(peaks, knee, shape);
  return terms.launch_s + p_norm(terms.compute_s, terms.memory_s, knee.sharpness);
}

double wave_time_s(const GemmPeaks& peaks, const GemmWaves& waves, const GemmShape& shape) {
  return time_s(peaks, waves, tilings_of(peaks, shape), gemm_bytes(peaks, shape));
}

GemmKnee fit_knee(std::span<const GemmSample> samples, const GemmPeaks& peaks) {
  const std::vector<GemmSample> few = thinned(samples);
  const auto time = [&](std::span<const double> x, std::size_t i) {
    return knee_time_s(peaks, knee_of(peaks, x), few[i].shape);
  };
  return knee_of(peaks, fit(few, packed(first_guess(samples, peaks)), time));
}

GemmWaves fit_waves(std::span<const GemmSample> samples, const GemmPeaks& peaks,
                    const GemmKnee& start) {
  const std::vector<GemmSample> few = thinned(samples);
  std::vector<std::vector<Tiling>> tilings;
  for (const GemmSample& sample : few) tilings.push_back(tilings_of(peaks, sample.shape));
  const auto time = [&](std::span<const double> x, std::size_t i) {
    return time_s(peaks, waves_of(peaks, x), tilings[i], gemm_bytes(peaks, few[i].shape));
  };
  // Starts of a tile of 64 x 64 that is slower by half, of a prologue of 64, and of half a wave.
  Parameters first = packed(start);
  first.insert(first.end(), {std::log(16.0), std::log(64.0), 0.0});
  return waves_of(peaks, fit(few, first, time));
}

}  // namespace derate
