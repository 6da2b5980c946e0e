// SPDX-License-Identifier: Apache-2.0
// A measuring program with a product whose stages take times that are known: each adds its
// repetitions of a chain of multiply-adds to those of the stage below. From the stage on that
// DERATE_PLANT names everything takes a tenth more, as if that one had lost its cache: only its
// factor is to show that.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/host/pool_session.h"
#include "derate/workload.h"

namespace {

using derate::Stage;

/// Repetitions of each stage, of 10'000 steps; what has none is the launch alone.
std::int64_t repetitions_of(Stage stage) {
  const char* const plant = std::getenv("DERATE_PLANT");
  double repetitions = 0;
  double slowdown = 1;
  for (const auto& [each, more] :
       {std::pair(Stage::registers, 40), std::pair(Stage::l1, 4), std::pair(Stage::l2, 4),
        std::pair(Stage::l3, 4), std::pair(Stage::whole_waves, 8), std::pair(Stage::whole, 0)}) {
    repetitions += more;
    if (plant != nullptr && to_string(each) == plant) slowdown = 1.1;
    if (each == stage) return static_cast<std::int64_t>(10 * slowdown * repetitions);
  }
  return 0;
}

/// A chain in which each step waits for the one before.
__attribute__((noinline)) double run_chain(std::int64_t steps, double a, double b) {
  double x = 0;
  for (std::int64_t step = 0; step < steps; ++step) x = x * a + b;
  return x;
}

class Planted final : public derate::Instance {
 public:
  Planted(Stage stage, derate::Session& session)
      : stage_(stage),
        pool_(derate::host::pool_session(session).pool()),
        ends_(static_cast<std::size_t>(pool_.size())) {}

  void launch(int) override {
    pool_.run([&](int thread) {
      volatile double a = 1.0 - 0x1p-10;
      volatile double b = 0x1p-10;
      // Kept of every thread: what nobody reads, the compiler leaves out, and a thread without work
      // that waits for its core delays nobody.
      ends_[static_cast<std::size_t>(thread)] = run_chain(1000 * repetitions_of(stage_), a, b);
    });
  }
  /// The chain moves from 0 to 1.
  [[nodiscard]] std::optional<std::string> check() override {
    if (stage_ == Stage::launch) return std::nullopt;
    for (const double end : ends_) {
      if (!(end > 0.99 && end < 1.01)) return "a chain ends at " + std::to_string(end);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<derate::Work> work_of_launch() const override {
    if (stage_ == Stage::launch) return derate::Work{};
    return std::nullopt;
  }

 private:
  Stage stage_;
  derate::host::ThreadPool& pool_;
  std::vector<double> ends_;  ///< of each thread
};

const derate::Registration registration{{
    .name = "gemm",
    .variant = "planted",
    .provider = "derate",
    .backend = "host",
    .problems = [](const derate::Device&) -> std::vector<derate::Problem> {
      return {{{"m", 100}, {"n", 100}, {"k", 100}}};
    },
    .test_problem = []() -> derate::Problem {
      return {{"m", 100}, {"n", 100}, {"k", 100}};
    },
    .work = [](const derate::Problem&) { return derate::Work{.flops = 2e6, .bytes = 1}; },
    .size_class = [](const derate::Problem&) { return "small"; },
    .prepare = [](const derate::Problem&, const derate::Operands& operands,
                  derate::Session& session) -> std::unique_ptr<derate::Instance> {
      return std::make_unique<Planted>(operands.stage, session);
    },
    .stages =
        [](const derate::Device&) {
          return std::vector{Stage::whole_waves, Stage::l3,        Stage::l2,
                             Stage::l1,          Stage::registers, Stage::launch};
        },
}};

}  // namespace
