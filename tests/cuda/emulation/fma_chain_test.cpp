// SPDX-License-Identifier: Apache-2.0
// What fma_chain's arithmetic promises: the chains of a thread stay apart, every step changes a
// value, and the value after many steps, which the check knows without making them, is the right
// one.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/workload.h"
#include "faulty_kernels.h"
#include "fma_chain/arithmetic.h"
#include "hardware/rate.h"
#include "session.h"
#include "small_float.h"

namespace derate::fma_chain {
namespace {

constexpr std::array kPatterns = {DataPattern::uniform, DataPattern::zeros};
constexpr std::int64_t kChainsOfAThread = 8;

template <typename Arithmetic>
typename Arithmetic::Value step(typename Arithmetic::Value x) {
  return Arithmetic::multiply_add(x, Arithmetic::kMultiplier, Arithmetic::kAddend);
}

template <typename Arithmetic>
class Chains : public testing::Test {};
using All = testing::Types<Fma<float>, Fma<double>, Ffma2, Hfma2, Hfma2Bf16, Imad, Dp4a>;
TYPED_TEST_SUITE(Chains, All);

TYPED_TEST(Chains, EndWhereTheCheckExpectsThem) {
  for (const DataPattern pattern : kPatterns) {
    for (std::int64_t chain = 0; chain < 50; ++chain) {
      const auto start = TypeParam::start(pattern, chain);
      auto x = start;
      for (std::int64_t steps = 0; steps < 200; ++steps) {
        ASSERT_EQ(x, TypeParam::expected(start, steps)) << "chain " << chain << ", " << steps;
        x = step<TypeParam>(x);
      }
    }
  }
}

TYPED_TEST(Chains, DifferFromThreadToThreadInWhatIsRandom) {
  std::set<typename TypeParam::Value> values;
  for (std::int64_t thread = 0; thread < 64; ++thread) {
    values.insert(TypeParam::start(DataPattern::uniform, thread * kChainsOfAThread));
  }
  EXPECT_GT(values.size(), 10u);
}

/// Of the wide formats, for which a step is a slow contraction.
template <typename Arithmetic>
class Contraction : public testing::Test {};
using Wide = testing::Types<Fma<float>, Fma<double>, Ffma2>;
TYPED_TEST_SUITE(Contraction, Wide);

/// The ends of 64 chains, from `first` on, as the planted kernel leaves them.
template <typename T>
std::vector<T> unfused(DataPattern pattern, std::int64_t first, int steps) {
  emulation::Schedule schedule;
  std::vector<T> starts;
  for (int i = 0; i < emulation::kFaultyThreads; ++i) {
    starts.push_back(Fma<T>::start(pattern, first + i));
  }
  cuda::DeviceBuffer<T> in(emulation::kFaultyThreads);
  cuda::DeviceBuffer<T> out(emulation::kFaultyThreads);
  in.upload(starts, &schedule);
  emulation::advance_unfused(in.data(), out.data(), steps, &schedule);
  return out.to_host(0, emulation::kFaultyThreads, &schedule);
}

/// Of the chains of the test problem, the share of those whose check would find them wrong.
template <typename Arithmetic>
double share_found(DataPattern pattern, std::int64_t chains, int steps) {
  using Float = std::conditional_t<std::is_same_v<Arithmetic, Fma<double>>, double, float>;
  constexpr int kFloats = std::is_same_v<Arithmetic, Ffma2> ? 2 : 1;
  std::int64_t wrong = 0;
  for (std::int64_t chain = 0; chain < chains; ++chain) {
    static thread_local std::vector<Float> ends;
    const std::int64_t number = chain * kFloats;
    if (number % emulation::kFaultyThreads == 0) ends = unfused<Float>(pattern, number, steps);
    const auto end = [&](int i) {
      return ends[static_cast<std::size_t>((number + i) % emulation::kFaultyThreads)];
    };
    const auto want = Arithmetic::expected(Arithmetic::start(pattern, chain), steps);
    if constexpr (kFloats == 2) {
      wrong += packed(end(0), end(1)) != want ? 1 : 0;
    } else {
      wrong += end(0) != want ? 1 : 0;
    }
  }
  return static_cast<double>(wrong) / static_cast<double>(chains);
}

TYPED_TEST(Contraction, ShowsAProductThatIsRoundedBeforeTheAddition) {
  constexpr int kSteps = 201;  // and 515 lanes, of the test problem
  const std::int64_t chains = (515 + TypeParam::kLanes - 1) / TypeParam::kLanes * kChainsOfAThread;
  EXPECT_GT(share_found<TypeParam>(DataPattern::uniform, chains, kSteps), 0.9);
  EXPECT_EQ(share_found<TypeParam>(DataPattern::zeros, kChainsOfAThread, kSteps), 1);
}

TYPED_TEST(Contraction, KeepsItsValuesApartAndMoving) {
  std::vector<typename TypeParam::Value> x;
  for (std::int64_t chain = 0; chain < 1000; ++chain) {
    x.push_back(TypeParam::start(DataPattern::uniform, chain));
  }
  for (int steps = 0; steps < 1000; ++steps) {
    for (auto& value : x) {
      const auto before = value;
      value = step<TypeParam>(value);
      ASSERT_NE(value, before);
    }
  }
  EXPECT_EQ(std::set(x.begin(), x.end()).size(), x.size());
}

/// Of the narrow formats, for which a step is a permutation.
template <typename Arithmetic>
class Permutation : public testing::Test {};
using Narrow = testing::Types<Hfma2, Hfma2Bf16, Imad, Dp4a>;
TYPED_TEST_SUITE(Permutation, Narrow);

TYPED_TEST(Permutation, KeepsTheChainsOfAThreadApart) {
  for (const DataPattern pattern : kPatterns) {
    for (std::int64_t thread = 0; thread < 300; ++thread) {
      std::vector<typename TypeParam::Value> x;
      for (std::int64_t chain = 0; chain < kChainsOfAThread; ++chain) {
        x.push_back(TypeParam::start(pattern, thread * kChainsOfAThread + chain));
      }
      for (int steps = 0; steps < 64; ++steps) {
        ASSERT_EQ(std::set(x.begin(), x.end()).size(), x.size()) << "after " << steps;
        for (auto& value : x) {
          const auto before = value;
          value = step<TypeParam>(value);
          ASSERT_NE(value, before) << "a step that changes nothing can be left out";
        }
      }
    }
  }
}

TYPED_TEST(Permutation, IsKnownAfterMillionsOfSteps) {
  const auto start = TypeParam::start(DataPattern::uniform, 12345);
  constexpr std::int64_t kSteps = 1'234'567;
  auto x = start;
  for (std::int64_t i = 0; i < kSteps; ++i) x = step<TypeParam>(x);
  EXPECT_EQ(x, TypeParam::expected(start, kSteps));
}

/// Both halves of all starts are normal numbers between 1 and 2, and no two of a thread are equal.
template <typename Arithmetic, typename Float>
void expect_sixteen_numbers_between_1_and_2() {
  for (const DataPattern pattern : kPatterns) {
    for (std::int64_t thread = 0; thread < 1000; ++thread) {
      std::set<double> numbers;
      for (std::int64_t chain = 0; chain < kChainsOfAThread; ++chain) {
        const std::uint32_t x = Arithmetic::start(pattern, thread * kChainsOfAThread + chain);
        for (const std::uint32_t two : {x, step<Arithmetic>(x)}) {
          for (const std::uint32_t half : {two & 0xFFFF, two >> 16}) {
            ASSERT_GT(Float::decode(half), 1);
            ASSERT_LT(Float::decode(half), 2);
          }
        }
        numbers.insert(Float::decode(x & 0xFFFF));
        numbers.insert(Float::decode(x >> 16));
      }
      ASSERT_EQ(numbers.size(), 16u);
    }
  }
}

TEST(Reflection, HoldsSixteenNumbersBetween1And2PerThread) {
  expect_sixteen_numbers_between_1_and_2<Hfma2, emulation::F16>();
  expect_sixteen_numbers_between_1_and_2<Hfma2Bf16, emulation::Bf16>();
}

TEST(Reflection, HasTheOperandsOfItsComment) {
  EXPECT_EQ(emulation::F16::decode(Hfma2::kMultiplier >> 16), 0x1p-11 - 1);
  EXPECT_EQ(emulation::F16::decode(Hfma2::kAddend >> 16), 3);
  EXPECT_EQ(emulation::Bf16::decode(Hfma2Bf16::kMultiplier >> 16), 0x1p-8 - 1);
  EXPECT_EQ(emulation::Bf16::decode(Hfma2Bf16::kAddend >> 16), 3);
}

/// Of all 2^15 values: none stays, none is reached twice, and 30 steps lead back.
TEST(Dp4a, PermutesItsValues) {
  std::set<std::uint32_t> reached;
  for (std::uint32_t low = 0; low < 1u << 15; ++low) {
    const std::uint32_t start = Dp4a::kUpper | low;
    std::uint32_t x = start;
    for (std::int64_t steps = 1; steps <= 30; ++steps) {
      x = step<Dp4a>(x);
      ASSERT_EQ(x, Dp4a::expected(start, steps));
      if (steps % 2 != 0) {
        ASSERT_NE(x, start);
      }
    }
    ASSERT_EQ(x, start);
    reached.insert(step<Dp4a>(start));
  }
  EXPECT_EQ(reached.size(), 1u << 15);
}

std::vector<const Workload*> chains_on_gpus() {
  std::vector<const Workload*> chains;
  for (const Workload* workload : registered_workloads()) {
    if (workload->name == "fma_chain" && workload->backend == "cuda") chains.push_back(workload);
  }
  return chains;
}

std::string instructions_of(const std::string& architecture) {
  Device device = emulation::emulated_device();
  device.architecture = architecture;
  std::string instructions;
  for (const Workload* workload : chains_on_gpus()) {
    if (!workload->unsupported(device)) instructions += workload->instruction + ' ';
  }
  return instructions;
}

TEST(FmaChain, RunsWhereTheInstructionIs) {
  EXPECT_EQ(instructions_of("sm_61"), "DFMA FFMA HFMA2 DP4A ");
  EXPECT_EQ(instructions_of("sm_75"), "DFMA FFMA HFMA2 IMAD DP4A ");
  EXPECT_EQ(instructions_of("sm_80"), "DFMA FFMA HFMA2 HFMA2.BF16 IMAD DP4A ");
  EXPECT_EQ(instructions_of("sm_100"), "FFMA2 DFMA FFMA HFMA2 HFMA2.BF16 IMAD DP4A ");
  EXPECT_EQ(instructions_of("sm_103"), instructions_of("sm_100"));
  EXPECT_EQ(instructions_of("sm_110"), instructions_of("sm_80"));
  EXPECT_EQ(instructions_of("sm_120"), instructions_of("sm_80"));
  EXPECT_EQ(instructions_of("unheard of"), "DFMA FFMA ");
}

/// The rate that a chain is to reach, found by the names that the chain gives itself.
std::optional<Rate> rate_of(const Workload& chain, const std::string& architecture) {
  for (const Rate& rate : rates_of(architecture, ProductClass::professional)) {
    if (rate.units == chain.units && rate.instruction == chain.instruction &&
        rate.operands == chain.precision &&
        rate.accumulator == chain.accumulator.value_or(chain.precision)) {
      return rate;
    }
  }
  return std::nullopt;
}

TEST(FmaChain, LastsAbout12MillisecondsAtTheRateOfTheTable) {
  for (const Workload* chain : chains_on_gpus()) {
    Device device = emulation::emulated_device();
    device.architecture = chain->instruction == "FFMA2" ? "sm_100" : "sm_90";
    const std::optional<Rate> rate = rate_of(*chain, device.architecture);
    ASSERT_TRUE(rate) << chain->instruction;
    const double flops_per_clock = 2 * rate->fma_per_unit_and_clock * device.compute_units;
    for (const Problem& problem : chain->problems(device)) {
      EXPECT_NEAR(chain->work(problem).flops / flops_per_clock / 2e9, 12e-3, 0.1e-3)
          << chain->instruction << ' ' << problem.str();
    }
  }
}

/// After an even number, a reflection is where it started, and so would be a kernel of no steps.
TEST(FmaChain, TakesAnOddNumberOfStepsAndOfLoops) {
  for (const Workload* chain : chains_on_gpus()) {
    for (const char* architecture : {"sm_61", "sm_75", "sm_90", "sm_100", "sm_120", ""}) {
      Device device = emulation::emulated_device();
      device.architecture = architecture;
      for (const Problem& problem : chain->problems(device)) {
        EXPECT_EQ(problem.at("steps") % 128, 65) << chain->instruction << ' ' << architecture;
      }
    }
  }
}

}  // namespace
}  // namespace derate::fma_chain
