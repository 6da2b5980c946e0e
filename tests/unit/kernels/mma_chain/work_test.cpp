// SPDX-License-Identifier: Apache-2.0
// How mma_chain judges results, starts and ends its rounds, and which architecture runs what.
#include "mma_chain/work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "mma_chain/formats.h"
#include "mma_chain/support.h"

namespace derate::mma_chain {
namespace {

/// `terms` and the sum so far, added as the tensor units do: cut off `places` binary places below
/// the leading bit of the largest, and what they add up to `sum_places` below its own.
double cut_off_sum(double sum, const std::vector<double>& terms, int places, int sum_places) {
  const auto cut = [](double value, double unit) { return std::trunc(value / unit) * unit; };
  double largest = std::abs(sum);
  for (const double term : terms) largest = std::max(largest, std::abs(term));
  if (largest == 0) return 0;
  const double unit = std::ldexp(1.0, std::ilogb(largest) - places);
  double total = cut(sum, unit);
  for (const double term : terms) total += cut(term, unit);
  return total == 0 ? 0 : cut(total, std::ldexp(1.0, std::ilogb(total) - sum_places));
}

/// Products of `steps` steps, which repeat after `kIncrements`, on tensor units that add those of a
/// step at once or in halves.
template <typename T, std::size_t kIncrements>
class Accumulation {
 public:
  explicit Accumulation(int seed) {
    for (std::size_t i = 0; i < kIncrements; ++i) {
      for (int k = 0; k < T::kDepth; ++k) {
        const std::int64_t at =
            (seed * static_cast<int>(kIncrements) + static_cast<int>(i)) * 64 + k;
        products_[i].push_back(operand<T>(DataPattern::uniform, kSeedA, at) *
                               operand<T>(DataPattern::uniform, kSeedB, at));
        increments_[i].add(products_[i].back());
      }
    }
  }

  [[nodiscard]] double on_tensor_units(double sum, int steps, int pieces) const {
    for (int step = 0; step < steps; ++step) {
      const auto& products = products_[static_cast<std::size_t>(step) % kIncrements];
      const auto length = static_cast<std::ptrdiff_t>(products.size()) / pieces;
      for (int piece = 0; piece < pieces; ++piece) {
        const auto first = products.begin() + piece * length;
        sum = cut_off_sum(sum, {first, first + length}, T::kAlignmentBits, T::kSumBits);
      }
    }
    return sum;
  }

  [[nodiscard]] Expected expected(double sum, int steps) const {
    return accumulated<T>(sum, increments_, steps);
  }

 private:
  std::array<std::vector<double>, kIncrements> products_;
  std::array<Increment, kIncrements> increments_;
};

/// Share of elements that would not show that one of `steps` steps was lost. Expects results within
/// the tolerance where none was.
template <typename T, std::size_t kIncrements>
double unseen(int steps) {
  constexpr int kSums = 400;
  int count = 0;
  for (int i = 0; i < kSums; ++i) {
    const Accumulation<T, kIncrements> accumulation(i);
    const double from = start<T>(i);
    const Expected want = accumulation.expected(from, steps);
    for (const int pieces : {1, 2}) {
      const double got = accumulation.on_tensor_units(from, steps, pieces);
      EXPECT_LE(std::abs(got - want.value), want.tolerance) << i << ", pieces " << pieces;
    }
    count += is_right(accumulation.expected(from, steps - 1).value, want) ? 1 : 0;
  }
  return static_cast<double>(count) / kSums;
}

template <typename T>
class Tolerance : public testing::Test {};
using RoundedFormats = testing::Types<F16, Bf16, Tf32, E4m3, F64>;
TYPED_TEST_SUITE(Tolerance, RoundedFormats);

// Elements of which a step's product is next to nothing hide that it is missing; a tile has at
// least 128, and any one of them gives it away.
TYPED_TEST(Tolerance, HoldsWhatTensorUnitsDoAndShowsALostStep) {
  constexpr bool kFp8 = TypeParam::kOperands == Precision::fp8;
  EXPECT_LE((unseen<TypeParam, 1>(kFp8 ? 16 : 48)), kFp8 ? 0.15 : 0.01);
  EXPECT_LE((unseen<TypeParam, 4>(kFp8 ? 8 : 24)), kFp8 ? 0.15 : 0.01);
}

// Every product lies just below what alignment to a sum of 1 keeps, so that the sum never moves.
TYPED_TEST(Tolerance, HoldsWhereEveryProductIsCutOff) {
  const double product = 0x0.FFp0 * std::ldexp(1.0, -TypeParam::kAlignmentBits);
  const std::vector<double> products(TypeParam::kDepth, product);
  Increment increment;
  for (const double each : products) increment.add(each);
  const double got = cut_off_sum(1, products, TypeParam::kAlignmentBits, TypeParam::kSumBits);
  EXPECT_EQ(got, 1);
  EXPECT_TRUE(is_right(got, accumulated<TypeParam>(1, std::array{increment}, 1)));
}

TEST(Judgement, IsExactForIntegersAndForZeros) {
  Increment nothing;
  nothing.add(0);
  EXPECT_EQ(accumulated<F16>(0.75, std::array{nothing}, 1000).value, 0.75);
  EXPECT_EQ(accumulated<F16>(0.75, std::array{nothing}, 1000).tolerance, 0);
  Increment some;
  some.add(16384);
  EXPECT_EQ(accumulated<S8>(-5, std::array{some}, 100).value, 1638395);
  EXPECT_EQ(accumulated<S8>(-5, std::array{some}, 100).tolerance, 0);
  Increment other;
  other.add(1);
  EXPECT_EQ(accumulated<S8>(0, std::array{some, other}, 5).value, 3 * 16384 + 2) << "in turn";
}

TEST(Judgement, TakesNoPoisonForAResult) {
  EXPECT_FALSE(is_right(std::nanf(""), Expected{0, 1e30}));
  EXPECT_FALSE(is_right(-1, Expected{0, 0}));
  EXPECT_TRUE(is_right(1.5f, Expected{1, 0.5}));
  EXPECT_FALSE(is_right(1.5625f, Expected{1, 0.5}));
  EXPECT_EQ(wrong(3, "lane", 7, "warp", 0, 3.0f, Expected{1, 0.5}),
            "sum 3 in lane 7 of warp 0 is 3.000000, not 1.000000 within 0.500000");
}

TEST(Starts, OfFp8HaveNoMoreBitsThanASumKeeps) {
  for (std::int64_t chain = 0; chain < 1000; ++chain) {
    const float start = mma_chain::start<E4m3>(chain);
    EXPECT_EQ(start * 4096, std::floor(start * 4096)) << chain;
    EXPECT_LE(std::abs(start), 1) << chain;
  }
}

TEST(Starts, DifferFromChainToChain) {
  std::set<float> floats;
  std::set<std::int32_t> integers;
  for (int chain = 0; chain < 1000; ++chain) {
    floats.insert(start<F16>(chain));
    integers.insert(start<S8>(chain));
  }
  EXPECT_GE(floats.size(), 999u);
  EXPECT_GE(integers.size(), 999u);
}

TEST(Rounds, EndRaggedAndCountTheStepsSince) {
  EXPECT_EQ(loops_in_result(1, 8), 1);
  EXPECT_EQ(loops_in_result(8, 8), 8);
  EXPECT_EQ(loops_in_result(9, 8), 1);
  EXPECT_EQ(loops_in_result(67, 64), 3);
  EXPECT_EQ(loops_in_result(5, 1), 1);
  EXPECT_EQ(ragged_loops(11719, 64), 11712 + 3);
  EXPECT_EQ(ragged_loops(0, 4), 4 + 3);
  EXPECT_EQ(ragged_loops(7, 1), 7 + 1);
  EXPECT_EQ(loops_in_result(ragged_loops(5860, 4), 4), 3);
  EXPECT_EQ(loops_in_result(ragged_loops(5860, 1), 1), 1);
}

Device device_of(const char* architecture) {
  Device device;
  device.backend = "cuda";
  device.architecture = architecture;
  return device;
}

template <typename T>
bool runs(const char* architecture) {
  return !mma_sync_unsupported<T>(device_of(architecture)).has_value();
}

TEST(Support, IsWhereTheInstructionIsNative) {
  EXPECT_FALSE(runs<F16>("sm_70"));
  EXPECT_FALSE(runs<F16>("zen5"));
  EXPECT_FALSE(runs<F16>(""));
  for (const char* later : {"sm_80", "sm_86", "sm_87", "sm_89", "sm_90", "sm_100", "sm_120"}) {
    EXPECT_TRUE(runs<F16>(later) && runs<Bf16>(later) && runs<Tf32>(later) && runs<S8>(later));
  }
  EXPECT_TRUE(runs<F16>("sm_75") && runs<S8>("sm_75"));
  EXPECT_FALSE(runs<Bf16>("sm_75") || runs<Tf32>("sm_75") || runs<E4m3>("sm_75"));
  EXPECT_TRUE(runs<F64>("sm_80") && runs<F64>("sm_90") && runs<F64>("sm_100"));
  EXPECT_FALSE(runs<F64>("sm_86") || runs<F64>("sm_89") || runs<F64>("sm_120"));
  EXPECT_TRUE(runs<E4m3>("sm_89") && runs<E4m3>("sm_120") && runs<E4m3>("sm_121"));
  EXPECT_FALSE(runs<E4m3>("sm_86") || runs<E4m3>("sm_90") || runs<E4m3>("sm_100") ||
               runs<E4m3>("sm_110") || runs<E4m3>("sm_130"));
  EXPECT_EQ(wgmma_unsupported(device_of("sm_90")), std::nullopt);
  EXPECT_TRUE(wgmma_unsupported(device_of("sm_100")).has_value());
}

TEST(Support, SaysWhyNot) {
  EXPECT_EQ(mma_sync_unsupported<Bf16>(device_of("sm_75")),
            "mma.sync takes bf16 from compute capability 8.0 on");
  EXPECT_EQ(mma_sync_unsupported<E4m3>(device_of("sm_90")),
            "sm_90 has no instruction for mma.sync with fp8: the compiler makes f16 ones of it; "
            "wgmma is what computes in fp8 here");
}

TEST(Launch, LastsAboutTwelveMillisecondsAtThePeak) {
  // 24 million clocks of 2,048 multiply-adds; 64 where no rate is known.
  EXPECT_EQ(multiply_adds_per_unit(device_of("sm_90"), Precision::bf16), 24e6 * 2048);
  EXPECT_EQ(multiply_adds_per_unit(device_of("sm_999"), Precision::bf16), 24e6 * 64);
}

}  // namespace
}  // namespace derate::mma_chain
