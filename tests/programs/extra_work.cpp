// SPDX-License-Identifier: Apache-2.0
// A measuring program that can be told to do more work than it states, in one of its benchmarks: by
// DERATE_EXTRA_PERCENT, so that a gate between 0 and 3 meets a slowdown of exactly 3 % in
// multiply-adds. The benchmark is 100 repetitions of one and the same chain; each percent is one
// repetition more. The others never change.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/workload.h"

namespace {

constexpr std::int64_t kRepetitions = 100;
constexpr std::size_t kChains = 12;

/// Repetitions on top of those that are stated; 0 for what is no number.
std::int64_t extra() {
  const char* const text = std::getenv("DERATE_EXTRA_PERCENT");
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

using Chains = std::array<double, kChains>;

/// `repetitions` times `steps` steps of x = x·a + b in every chain. The operands arrive at run
/// time, so that no step can be left out.
template <typename T>
__attribute__((noinline)) T run_chains(std::int64_t repetitions, std::int64_t steps, T a, T b) {
  std::array<T, kChains> x{};
  for (std::size_t i = 0; i < kChains; ++i) x[i] = static_cast<T>(i);
  for (std::int64_t repetition = 0; repetition < repetitions; ++repetition) {
    for (std::int64_t step = 0; step < steps; ++step) {
      for (T& each : x) each = each * a + b;
    }
  }
  T sum = 0;
  for (const T each : x) sum += each;
  return sum;
}

template <typename T>
class Chain final : public derate::Instance {
 public:
  Chain(std::int64_t steps, std::int64_t repetitions) : steps_(steps), repetitions_(repetitions) {}

  void launch(int) override {
    volatile T a = static_cast<T>(1.0 - 0x1p-20);
    volatile T b = static_cast<T>(0x1p-20);
    sum_ = run_chains<T>(repetitions_, steps_, a, b);
  }
  /// Every chain moves towards 1 from its start, between 0 and 11.
  [[nodiscard]] std::optional<std::string> check() override {
    if (sum_ > 0 && sum_ < kChains * kChains) return std::nullopt;
    return "the chains end at " + std::to_string(sum_);
  }

 private:
  std::int64_t steps_;
  std::int64_t repetitions_;
  T sum_ = 0;
};

/// The chains of one variant, `steps` steps in each repetition; `more` repetitions than stated.
template <typename T>
derate::Workload chain(std::string variant, std::int64_t steps, std::int64_t more) {
  return {.name = "chain",
          .variant = std::move(variant),
          .provider = "tests",
          .backend = "host",
          .precision = derate::kPrecisionOf<T>,
          .bound = derate::Bound::compute,
          .problems = [steps](const derate::Device&) -> std::vector<derate::Problem> {
            return {{{"steps", steps}}};
          },
          .test_problem = []() -> derate::Problem {
            return {{"steps", 10}};
          },
          .work =
              [](const derate::Problem& problem) {
                return derate::Work{.flops = 2.0 * kChains * kRepetitions *
                                             static_cast<double>(problem.at("steps"))};
              },
          .size_class = [](const derate::Problem&) { return "any"; },
          .prepare = [more](const derate::Problem& problem, const derate::Operands&,
                            derate::Session&) -> std::unique_ptr<derate::Instance> {
            return std::make_unique<Chain<T>>(problem.at("steps"), kRepetitions + more);
          }};
}

const derate::Registration changed{chain<double>("changed", 400, extra())};
const derate::Registration short_f64{chain<double>("short", 200, 0)};
const derate::Registration middle_f64{chain<double>("middle", 400, 0)};
const derate::Registration long_f64{chain<double>("long", 800, 0)};
const derate::Registration short_f32{chain<float>("short", 200, 0)};
const derate::Registration middle_f32{chain<float>("middle", 400, 0)};
const derate::Registration long_f32{chain<float>("long", 800, 0)};
const derate::Registration longest_f32{chain<float>("longest", 1600, 0)};
const derate::Registration longest_f64{chain<double>("longest", 1600, 0)};

}  // namespace
