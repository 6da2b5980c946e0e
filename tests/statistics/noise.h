// SPDX-License-Identifier: Apache-2.0
// A machine's noise as a model: log t = benchmark + drift(slot) + process + repetition, and what
// real machines do beyond that. Two adjacent processes share a slot; what they do not share is the
// noise that pairs cannot cancel.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace derate::test {

using Rng = std::mt19937_64;

/// Fractions of a time, as standard deviations of its logarithm unless said otherwise.
struct Noise {
  std::string name;
  double repetition = 0;
  double process = 0;
  double drift = 0;             ///< of a slot, one for each benchmark
  double outlier_share = 0;     ///< of processes (of each benchmark)
  double outlier_size = 0;      ///< and by how much such a one is slower
  double trend = 0;             ///< slower by this with every process
  double warm_up = 0;           ///< the first process slower by this, halved every four processes
  double wander = 0;            ///< AR(1) from process to process, one for each benchmark ...
  double wander_memory = 0;     ///< ... with this correlation between neighbours
  double cycle = 0;             ///< a sine of this amplitude, common to all benchmarks ...
  double cycle_processes = 4;   ///< ... that takes so many processes, in a random phase
  double slow_clock = 0;        ///< all of a process slower by this in its slow state ...
  double slow_clock_leave = 0;  ///< ... which it enters and leaves with this probability
  bool heavy_tails = false;     ///< process noise of Student's t with 3 degrees of freedom
  double quantum = 0;           ///< times are multiples of this fraction of a benchmark's own
  bool correlated = false;      ///< drift, process and outliers common to all benchmarks
};

/// The first three are those of the model of docs/regression.md; the others add one difficulty each
/// to the typical one.
inline std::vector<Noise> scenarios() {
  const Noise quiet{.name = "quiet", .repetition = 0.002, .process = 0.002, .drift = 0.003};
  const Noise typical{.name = "typical",
                      .repetition = 0.005,
                      .process = 0.004,
                      .drift = 0.010,
                      .outlier_share = 0.01,
                      .outlier_size = 0.03};
  const Noise noisy{.name = "noisy",
                    .repetition = 0.015,
                    .process = 0.010,
                    .drift = 0.030,
                    .outlier_share = 0.02,
                    .outlier_size = 0.05};
  std::vector<Noise> all{quiet, typical, noisy};
  const auto add = [&](std::string name) -> Noise& {
    all.push_back(typical);
    all.back().name = std::move(name);
    return all.back();
  };
  Noise& trend = add("linear drift");
  trend.trend = 0.002;
  add("warm-up").warm_up = 0.05;
  Noise& wander = add("AR(1) 0.9");
  wander.wander = 0.010;
  wander.wander_memory = 0.9;
  Noise& clocks = add("two clocks");
  clocks.slow_clock = 0.04;
  clocks.slow_clock_leave = 0.1;
  add("t3 tails").heavy_tails = true;
  add("quantised").quantum = 0.005;
  add("correlated").correlated = true;
  Noise& shared = add("shared host");
  shared.outlier_share = 0.08;
  shared.outlier_size = 0.30;
  // Pairs that scatter by just what the promise holds for, and by a little more.
  for (const double pair_sd : {0.010, 0.011}) {
    all.push_back({.name = fmt::format("pairs of {:g} %", 100 * pair_sd),
                   .process = pair_sd / std::numbers::sqrt2});
  }
  return all;
}

/// What a process takes depends on when it runs: a sine about as long as four processes, and AR(1),
/// positive and negative. A fixed order of the pairs would resound with either.
inline std::vector<Noise> rhythms() {
  std::vector<Noise> all;
  for (const double processes : {4.0, 4.1, 4.2}) {
    for (const double size : {0.007, 0.010, 0.015, 0.020}) {
      all.push_back({.name = fmt::format("sine of {} processes, ±{:g} %", processes, 100 * size),
                     .process = 0.004,
                     .cycle = size,
                     .cycle_processes = processes});
    }
  }
  for (const double memory : {-0.6, -0.3, 0.3, 0.5, 0.7, 0.9}) {
    for (const double size : {0.015, 0.030}) {
      all.push_back({.name = fmt::format("AR(1) {:g}, {:g} %", memory, 100 * size),
                     .process = 0.002,
                     .wander = size,
                     .wander_memory = memory});
    }
  }
  return all;
}

inline Noise scenario(const std::string& name) {
  for (const auto& all : {scenarios(), rhythms()}) {
    for (const Noise& noise : all) {
      if (noise.name == name) return noise;
    }
  }
  return {};
}

/// Runs processes one after the other, and says how long each benchmark took in them.
class Machine {
 public:
  Machine(const Noise& noise, int benchmarks, Rng& rng)
      : noise_(noise), rng_(rng), drift_(benchmarks), wander_(benchmarks), nominal_(benchmarks) {
    for (double& time : nominal_) time = 1 + uniform_(rng_);
    for (double& state : wander_) state = noise.wander * normal_(rng_);
    slow_ = uniform_(rng_) < 0.5;
    phase_ = uniform_(rng_);
  }

  void begin_slot() {
    for (double& drift : drift_) drift = noise_.drift * normal_(rng_);
    if (noise_.correlated) std::fill(drift_.begin(), drift_.end(), drift_.front());
  }

  void begin_process() {
    if (noise_.slow_clock > 0 && uniform_(rng_) < noise_.slow_clock_leave) slow_ = !slow_;
    for (double& state : wander_) {
      if (noise_.wander == 0) break;
      const double memory = noise_.wander_memory;
      state = memory * state + noise_.wander * std::sqrt(1 - memory * memory) * normal_(rng_);
    }
    const double turns = phase_ + static_cast<double>(processes_) / noise_.cycle_processes;
    common_ = noise_.cycle * std::sin(2 * std::numbers::pi * turns) +
              noise_.trend * static_cast<double>(processes_) +
              noise_.warm_up * std::exp2(-static_cast<double>(processes_) / 4) +
              (slow_ ? std::log1p(noise_.slow_clock) : 0.0);
    born_ = noise_.correlated ? born() : 0;
    ++processes_;
  }

  /// A process's own part of a benchmark's log time: what its repetitions share.
  double level(std::size_t benchmark) {
    return drift_[benchmark] + wander_[benchmark] + common_ + (noise_.correlated ? born_ : born());
  }

  /// The median time of seven repetitions, `slowdown` slower than it would be. The median of seven
  /// normal values is as good as normal, with 0.459 of their standard deviation.
  double median_time(std::size_t benchmark, double slowdown) {
    constexpr double kMedianOfSeven = 0.4587;
    const double log = level(benchmark) + kMedianOfSeven * noise_.repetition * normal_(rng_);
    return quantised(nominal_[benchmark] * std::exp(log) * (1 + slowdown), benchmark);
  }

  /// Single repetitions, all in one process.
  std::vector<double> repetitions(std::size_t benchmark, int count, double slowdown) {
    const double shared = level(benchmark);
    std::vector<double> times(static_cast<std::size_t>(count));
    for (double& time : times) {
      const double log = shared + noise_.repetition * normal_(rng_);
      time = quantised(nominal_[benchmark] * std::exp(log) * (1 + slowdown), benchmark);
    }
    return times;
  }

 private:
  double born() {
    double own = noise_.process * (noise_.heavy_tails ? t3_(rng_) / std::sqrt(3.0) : normal_(rng_));
    if (noise_.outlier_share > 0 && uniform_(rng_) < noise_.outlier_share) {
      own += std::log1p(noise_.outlier_size);
    }
    return own;
  }

  [[nodiscard]] double quantised(double time, std::size_t benchmark) const {
    if (noise_.quantum == 0) return time;
    // Not of a round fraction, so that benchmarks lie anywhere between two steps.
    const double step = noise_.quantum * 1.5 * (1 + nominal_[benchmark] / 100);
    return std::round(time / step) * step;
  }

  Noise noise_;
  Rng& rng_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  std::student_t_distribution<double> t3_{3};
  std::vector<double> drift_;
  std::vector<double> wander_;
  std::vector<double> nominal_;
  double common_ = 0;
  double born_ = 0;
  double phase_ = 0;
  bool slow_ = false;
  std::int64_t processes_ = 0;
};

}  // namespace derate::test
