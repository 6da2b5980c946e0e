// SPDX-License-Identifier: Apache-2.0
// A simulated device on which stages are sampled in turns: each takes cycles that the test names,
// at a clock that drifts, beside programs that keep it waiting, with noise. What a waterfall makes
// of the records can be compared with what was put in.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attribution/waterfall.h"
#include "derate/record.h"
#include "derate/stage.h"
#include "measure/sampler.h"

namespace derate::attribution_test {

/// A device whose samples take the cycles of what is launched.
class SimulatedSession : public Session {
 public:
  explicit SimulatedSession(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] const Device& device() const override { return device_; }
  void synchronize() override {}
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    cycles_ = 0;
    for (int i = 0; i < launches; ++i) launch(i);
    const double hz = clock_hz * (1 + clock_noise * normal_(random_));
    const double own_s = cycles_ / hz * (1 + noise * normal_(random_));
    Sample sample{.time_s = own_s / (1 - waited), .clock_hz = known_clock ? hz : std::nan("")};
    sample.waited_share = waited;
    return sample;
  }
  void work(double cycles) { cycles_ += cycles; }

  double clock_hz = 2.5e9;
  double clock_noise = 0.01;
  double noise = 0.002;
  double waited = 0;
  bool known_clock = true;

 private:
  Device device_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double cycles_ = 0;
};

class SimulatedStage : public Instance {
 public:
  SimulatedStage(double cycles, SimulatedSession& session) : cycles_(cycles), session_(session) {}
  void launch(int) override { session_.work(cycles_); }
  [[nodiscard]] std::optional<std::string> check() override { return {}; }

 private:
  double cycles_;
  SimulatedSession& session_;
};

/// What is put in: factors of a product, each of which the waterfall is to find.
struct Simulated {
  std::string backend = "host";
  double flops = 2e9;
  double padded = 1.0;  ///< FLOP of a grid of whole waves ÷ flops
  double per_clock = 128;
  double issue = 0.98, l1 = 0.99, l2 = 0.97, l3 = 0.96, memory = 0.93, tail = 1.0;
  double shared = 0.95;  ///< in place of the caches on a GPU
  double launch_cycles = 20e3;
  double unexplained = 1.0;
  double clock_hz = 2.5e9;
  double waited = 0;
  double noise = 0.002;
  bool known_clock = true;
  std::string problem = "m:1000/n:1000/k:1000";

  /// Cycles of a launch of each stage.
  [[nodiscard]] std::map<Stage, double> cycles() const {
    std::map<Stage, double> of;
    double efficiency = issue;
    const auto put = [&](Stage stage, double work) {
      of[stage] = work / (per_clock * efficiency) + launch_cycles;
    };
    const double even = flops * padded;
    put(Stage::registers, even);
    if (backend == "host") {
      efficiency *= l1, put(Stage::l1, even);
      efficiency *= l2, put(Stage::l2, even);
      efficiency *= l3, put(Stage::l3, even);
    } else {
      efficiency *= shared, put(Stage::shared, even);
    }
    efficiency *= memory, put(Stage::whole_waves, even);
    efficiency *= tail, put(Stage::whole, flops);
    of[Stage::launch] = launch_cycles;
    return of;
  }

  [[nodiscard]] Record record(Stage stage, const Samples& samples, int round) const {
    Record record;
    record.backend = backend;
    record.device_name = "simulated";
    record.device_id = "1";
    record.workload = "gemm";
    record.variant = "tiled";
    record.provider = "derate";
    record.precision = record.accumulator = "f32";
    record.problem = problem;
    record.bound = "compute";
    record.data = "uniform";
    record.cache = "cold";
    record.run = "run" + std::to_string(round);
    record.side_by_side = record.time_utc = "2026-11-30T12:00:0" + std::to_string(round) + "Z";
    record.stage = to_string(stage);
    const bool is_whole = stage == Stage::whole;
    record.flops = stage == Stage::launch ? 0 : is_whole ? flops : flops * padded;
    record.peak_per_clock = per_clock;
    record.clock_specified_hz = 2e9;
    record.compute_units = 2;
    record.samples_s = samples.times_s;
    record.clocks_hz = samples.clocks_hz;
    record.waited_shares = samples.waited_shares;
    record.outcome = "passed";
    return record;
  }

  void measure(int round, Attribution& attribution) const {
    measure_records(round, [&](const Record& record) { attribution.add(record); });
  }

  /// One round: all stages in turns, and the whole alone in a process of its own.
  void measure_records(int round, const std::function<void(const Record&)>& add) const {
    SimulatedSession session(static_cast<std::uint64_t>(round) + 1);
    session.clock_hz = clock_hz;
    session.waited = waited;
    session.noise = noise;
    session.known_clock = known_clock;
    Plan plan;
    plan.min_samples = 40;
    plan.time_limit_s = 1e3;
    plan.target_half_width = 1e3;
    std::vector<Stage> stages;
    std::vector<std::unique_ptr<SimulatedStage>> instances;
    std::vector<Instance*> pointers;
    for (const auto& [stage, cycles] : cycles()) {
      stages.push_back(stage);
      instances.push_back(std::make_unique<SimulatedStage>(cycles, session));
      pointers.push_back(instances.back().get());
    }
    const auto never = [] { return false; };
    const std::vector<Samples> samples = measure_side_by_side(session, pointers, plan, never);
    for (std::size_t i = 0; i < stages.size(); ++i) {
      add(record(stages[i], samples[i], round));
    }
    SimulatedStage alone(cycles().at(Stage::whole) / unexplained, session);
    Record independent = record(Stage::whole, derate::measure(session, alone, plan, never), round);
    independent.stage = independent.side_by_side = "";
    add(independent);
  }

  [[nodiscard]] Waterfall waterfall(int rounds = 3) const {
    Attribution attribution;
    for (int round = 0; round < rounds; ++round) measure(round, attribution);
    return attribution.waterfalls().at(0);
  }
};

/// The factor of that name; NaN where there is none.
[[nodiscard]] inline Estimate factor_of(const Waterfall& waterfall, const std::string& name) {
  for (const WaterfallStep& step : waterfall.steps) {
    if (step.factor.name == name) return step.factor.value;
  }
  return {};
}

}  // namespace derate::attribution_test
