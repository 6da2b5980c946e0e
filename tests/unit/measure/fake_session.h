// SPDX-License-Identifier: Apache-2.0
// Work and a session on a fake clock, which nothing but the work moves, so that every figure is
// exact.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/backend.h"
#include "derate/operands.h"
#include "derate/workload.h"
#include "measure/sampler.h"

namespace derate::test {

/// Work whose n-th launch takes cost(n) seconds of a clock that nothing else moves.
class FakeInstance : public Instance {
 public:
  explicit FakeInstance(std::function<double(std::size_t)> cost, int sets = 1)
      : cost_(std::move(cost)), sets_(sets) {}
  void launch(int set) override {
    now_s += cost_(launched_sets.size());
    launched_sets.push_back(set);
  }
  [[nodiscard]] int sets() const override { return sets_; }
  [[nodiscard]] bool host_takes_part() const override { return with_host; }
  [[nodiscard]] int longest_batch() const override { return longest; }
  [[nodiscard]] std::optional<std::string> check() override { return {}; }

  double now_s = 0;
  bool with_host = false;
  int longest = 1 << 30;
  std::vector<int> launched_sets;

 private:
  std::function<double(std::size_t)> cost_;
  int sets_;
};

class FakeSession : public Session {
 public:
  explicit FakeSession(FakeInstance& instance) : instance_(instance) {}
  [[nodiscard]] const Device& device() const override { return device_; }
  void synchronize() override {}
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    batches.push_back(launches);
    const double start_s = instance_.now_s;
    for (int i = 0; i < launches; ++i) launch(i);
    Sample sample{instance_.now_s - start_s, 1e9 + static_cast<double>(batches.size())};
    if (sensors) sensors(batches.size(), sample);
    return sample;
  }
  [[nodiscard]] Sample sample_by_host(const std::function<void(int)>& launch,
                                      int launches) override {
    ++by_host;
    return sample(launch, launches);
  }
  [[nodiscard]] Telemetry telemetry() override {
    telemetry_at_s.push_back(instance_.now_s);
    return {};
  }
  [[nodiscard]] double clock_rise_s() const override { return clock_may_rise_s; }
  void rest(double time_s) override {
    rested_s += time_s;
    rested_at_s = instance_.now_s;
  }

  std::vector<int> batches;
  std::size_t by_host = 0;
  double clock_may_rise_s = 0;
  double rested_s = 0;
  double rested_at_s = 0;  ///< by the instance's clock
  std::vector<double> telemetry_at_s;
  std::function<void(std::size_t, Sample&)> sensors;  ///< what the n-th batch's sensors read

 private:
  FakeInstance& instance_;
  Device device_;
};

inline bool never() { return false; }

inline std::function<double(std::size_t)> steady(double time_s) {
  return [time_s](std::size_t) { return time_s; };
}

/// ± `noise` around `time_s`; no interval of its median is narrow for long.
inline std::function<double(std::size_t)> noisy(double time_s, double noise) {
  return [=](std::size_t n) { return time_s * (1 + noise * uniform_element(9, n)); };
}

/// All of the time that was sampled.
inline double sum(const Samples& samples) {
  double total_s = 0;
  for (const double time_s : samples.times_s) total_s += time_s * samples.launches_per_sample;
  return total_s;
}

}  // namespace derate::test
