// SPDX-License-Identifier: Apache-2.0
// mma_chain's number formats, and who holds which element of a tile: as the standards and the PTX
// ISA have it, and so that a warp simulated on the host computes the reference.
#include "mma_chain/formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "cuda/emulation/tensor_formats.h"
#include "mma_chain/fragments.h"
#include "mma_chain/work.h"

namespace derate::mma_chain {
namespace {

TEST(Formats, RoundToNearestEven) {
  // Halfway between two neighbours at 1, then just above; and among the subnormals.
  EXPECT_EQ(F16::rounded(1 - 0x1p-12), 1);
  EXPECT_EQ(F16::rounded(0.5 + 0x1p-12), 0.5);
  EXPECT_EQ(F16::rounded(0.5 + 3 * 0x1p-12), 0.5 + 0x1p-10);
  EXPECT_EQ(F16::rounded(0.5 + 0x1.001p-12), 0.5 + 0x1p-11);
  EXPECT_EQ(F16::rounded(3 * 0x1p-25), 0x1p-23);
  EXPECT_EQ(Bf16::rounded(-0.5 - 0x1p-9), -0.5);
  EXPECT_EQ(Bf16::rounded(-0.5 - 3 * 0x1p-9), -0.5 - 0x1p-7);
  EXPECT_EQ(Tf32::rounded(0.5 + 3 * 0x1p-12), 0.5 + 0x1p-10);
  EXPECT_EQ(E4m3::rounded(0.53125), 0.5);
  EXPECT_EQ(E4m3::rounded(0.59375), 0.625);
  EXPECT_EQ(E4m3::rounded(3 * 0x1p-10), 0x1p-8);
  EXPECT_EQ(E4m3::rounded(0x1p-11), 0);
}

TEST(Formats, HaveTheBitsOfTheStandards) {
  EXPECT_EQ(F16::bits(1), 0x3C00u);
  EXPECT_EQ(F16::bits(-0.5), 0xB800u);
  EXPECT_EQ(F16::bits(0x1p-14), 0x0400u);
  EXPECT_EQ(F16::bits(0x1p-24), 0x0001u);
  EXPECT_EQ(Bf16::bits(-1), 0xBF80u);
  EXPECT_EQ(Bf16::bits(0.0078125), 0x3C00u);
  EXPECT_EQ(Tf32::bits(1), 0x3F800000u);
  EXPECT_EQ(Tf32::bits(-0x1.004p-1), 0xBF002000u);
  EXPECT_EQ(E4m3::bits(1), 0x38u);
  EXPECT_EQ(E4m3::bits(-0x1p-6), 0x88u);
  EXPECT_EQ(E4m3::bits(0x1p-9), 0x01u);
  EXPECT_EQ(E4m3::bits(0), 0x00u);
  EXPECT_EQ(S8::bits(S8::rounded(-1)), 0x80u);
  EXPECT_EQ(S8::bits(S8::rounded(1 - 0x1p-23)), 0x7Fu);
}

template <typename T>
class Format : public testing::Test {};
using PackedFormats = testing::Types<F16, Bf16, Tf32, E4m3, S8>;
TYPED_TEST_SUITE(Format, PackedFormats);

TYPED_TEST(Format, BitsMeanTheNumberThatTheReferenceUses) {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 20000; ++i) {
    const double number = operand<TypeParam>(DataPattern::uniform, kSeedA, i);
    const std::uint32_t bits = TypeParam::bits(number);
    ASSERT_EQ(decoded(TypeParam{}, bits), number);
    seen.insert(bits);
  }
  // All the mantissa is in use: of e4m3's 256 patterns, those up to 1; of int8's, all.
  EXPECT_GE(seen.size(), TypeParam::kPerRegister == 4 ? 100u : 200u);
}

TYPED_TEST(Format, RoundsToTheNearestNumber) {
  for (int i = 0; i < 20000; ++i) {
    const double value = uniform_element(kSeedA, static_cast<std::uint64_t>(i));
    const double number = TypeParam::rounded(value);
    if constexpr (!std::is_same_v<TypeParam, S8>) {
      const double relative = std::ldexp(1.0, TypeParam::kPerRegister == 4              ? -4
                                              : TypeParam::kOperands == Precision::bf16 ? -8
                                                                                        : -11);
      const double absolute = TypeParam::kPerRegister == 4 ? 0x1p-10 : 0x1p-25;
      ASSERT_LE(std::abs(number - value), std::max(relative * std::abs(value), absolute));
    } else {
      ASSERT_TRUE(number <= value * 128 && value * 128 < number + 1);
    }
  }
}

template <typename T>
class Fragments : public testing::Test {};
using AllFormats = testing::Types<F16, Bf16, Tf32, E4m3, S8, F64>;
TYPED_TEST_SUITE(Fragments, AllFormats);

std::pair<int, int> key(Place place) { return {place.row, place.column}; }

TYPED_TEST(Fragments, HoldEveryElementOnce) {
  std::set<std::pair<int, int>> a;
  std::set<std::pair<int, int>> b;
  std::set<std::pair<int, int>> sums;
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int element = 0; element < TypeParam::kPerRegister; ++element) {
      for (int reg = 0; reg < kRegistersOfA<TypeParam>; ++reg) {
        EXPECT_TRUE(a.insert(key(place_in_a<TypeParam>(lane, reg, element))).second);
      }
      for (int reg = 0; reg < kRegistersOfB<TypeParam>; ++reg) {
        EXPECT_TRUE(b.insert(key(place_in_b<TypeParam>(lane, reg, element))).second);
      }
    }
    for (int sum = 0; sum < kTileSums; ++sum) {
      EXPECT_TRUE(sums.insert(key(place_in_sums(lane, sum))).second);
    }
  }
  EXPECT_EQ(a.size(), 16u * TypeParam::kDepth);
  EXPECT_EQ(b.size(), 8u * TypeParam::kDepth);
  EXPECT_EQ(sums.size(), 16u * 8);
  EXPECT_EQ(*a.rbegin(), (std::pair{15, TypeParam::kDepth - 1}));
  EXPECT_EQ(*b.rbegin(), (std::pair{TypeParam::kDepth - 1, 7}));
  EXPECT_EQ(*sums.rbegin(), (std::pair{15, 7}));
}

// The PTX ISA gives rows and columns as formulas of groupID = lane / 4 and lane % 4; these are
// places of lane 13, groupID 3 and 1 in its group, worked out by hand for each shape.
TEST(FragmentsOfPtx, AreWhereItsFormulasPutThem) {
  EXPECT_EQ(place_in_a<F16>(13, 1, 1), (Place{11, 3}));    // m16n8k16 f16: a3
  EXPECT_EQ(place_in_a<F16>(13, 2, 0), (Place{3, 10}));    // a4
  EXPECT_EQ(place_in_b<Bf16>(13, 1, 1), (Place{11, 3}));   // b3
  EXPECT_EQ(place_in_a<Tf32>(13, 3, 0), (Place{11, 5}));   // m16n8k8 tf32: a3
  EXPECT_EQ(place_in_b<Tf32>(13, 1, 0), (Place{5, 3}));    // b1
  EXPECT_EQ(place_in_a<S8>(13, 1, 2), (Place{11, 6}));     // m16n8k32 s8: a6
  EXPECT_EQ(place_in_a<E4m3>(13, 2, 3), (Place{3, 23}));   // a11
  EXPECT_EQ(place_in_b<S8>(13, 1, 3), (Place{23, 3}));     // b7
  EXPECT_EQ(place_in_a<F64>(13, 5, 0), (Place{11, 9}));    // m16n8k16 f64: a5
  EXPECT_EQ(place_in_b<F64>(13, 3, 0), (Place{13, 3}));    // b3
  EXPECT_EQ(place_in_sums(13, 0), (Place{3, 2}));          // c0
  EXPECT_EQ(place_in_sums(13, 3), (Place{11, 3}));         // c3
  EXPECT_EQ(place_in_group_sums(45, 0), (Place{19, 2}));   // wgmma: warp 1, lane 13, d0
  EXPECT_EQ(place_in_group_sums(45, 3), (Place{27, 3}));   // d3
  EXPECT_EQ(place_in_group_sums(45, 4), (Place{19, 10}));  // d4
  EXPECT_EQ(place_in_group_sums(127, 127), (Place{63, 255}));
}

// Where no instruction does a whole tile: m16n8k8 of f16, m8n8k16 of s8, m8n8k4 of f64, whose own
// fragments are (groupID, groupID + 8 for a second register; the quarter's elements of the depth).
TEST(FragmentsOfPtx, AreThoseOfSmallerInstructionsPutTogether) {
  for (int lane = 0; lane < kLanes; ++lane) {
    const int group = lane / 4;
    const int quarter = lane % 4;
    for (int half = 0; half < 2; ++half) {
      EXPECT_EQ(place_in_a<F16>(lane, 2 * half, 1), (Place{group, 8 * half + 2 * quarter + 1}));
      EXPECT_EQ(place_in_a<F16>(lane, 2 * half + 1, 0), (Place{group + 8, 8 * half + 2 * quarter}));
      EXPECT_EQ(place_in_b<F16>(lane, half, 1), (Place{8 * half + 2 * quarter + 1, group}));
    }
    for (int part = 0; part < 4; ++part) {
      const Place a = {group + 8 * (part % 2), 16 * (part / 2) + 4 * quarter + 3};
      EXPECT_EQ(place_in_a<S8>(lane, part, 3), a);
      EXPECT_EQ(place_in_b<S8>(lane, part / 2, 3), (Place{a.column, group}));
    }
    for (int part = 0; part < 8; ++part) {
      const Place a = {group + 8 * (part % 2), 4 * (part / 2) + quarter};
      EXPECT_EQ(place_in_a<F64>(lane, part, 0), a);
      EXPECT_EQ(place_in_b<F64>(lane, part / 2, 0), (Place{a.column, group}));
    }
    for (int rows = 0; rows < 2; ++rows) {
      EXPECT_EQ(place_in_sums(lane, 2 * rows + 1), (Place{group + 8 * rows, 2 * quarter + 1}));
    }
  }
}

TEST(FragmentsOfPtx, HaveTheFirstElementInTheLowestBits) {
  const auto column = [](Place place) { return place.column == 0 ? 1.0 : -0.5; };
  EXPECT_EQ(packed<F16>(1, place_in_a<F16>, column).front(), 0xB8003C00u);
  EXPECT_EQ(packed<E4m3>(1, place_in_a<E4m3>, column).front(), 0xB0B0B038u);
}

/// A warp's registers, multiplied as the instruction does: each lane's sums take the rows of A and
/// columns of B that the lanes with those rows and columns hold.
template <typename T>
double summed_by_warp(const std::vector<typename T::Register>& a,
                      const std::vector<typename T::Register>& b, int lane, int sum) {
  // By PTX's formulas: c0, c1 belong to row groupID, c2, c3 to the one eight below.
  const int row = lane / 4;
  const int column = 2 * (lane % 4) + sum % 2;
  double total = 0;
  for (int reg = 0; reg < kRegistersOfB<T>; ++reg) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      for (int i = 0; i < T::kPerRegister; ++i) {
        const int lane_of_a = 4 * row + quarter;
        const int lane_of_b = 4 * column + quarter;
        const int reg_of_a = 2 * reg + sum / 2;
        total += element_in<T>(a[static_cast<std::size_t>(reg_of_a * kLanes + lane_of_a)], i) *
                 element_in<T>(b[static_cast<std::size_t>(reg * kLanes + lane_of_b)], i);
      }
    }
  }
  return total;
}

TYPED_TEST(Fragments, PackedByTheHostMultiplyToTheReference) {
  using T = TypeParam;
  const auto a_at = [](Place p) {
    return operand<T>(DataPattern::uniform, kSeedA, p.row * T::kDepth + p.column);
  };
  const auto b_at = [](Place p) {
    return operand<T>(DataPattern::uniform, kSeedB, p.column * T::kDepth + p.row);
  };
  const auto a = packed<T>(kRegistersOfA<T>, place_in_a<T>, a_at);
  const auto b = packed<T>(kRegistersOfB<T>, place_in_b<T>, b_at);
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int sum = 0; sum < kTileSums; ++sum) {
      const Place place = place_in_sums(lane, sum);
      double product = 0;
      for (int k = 0; k < T::kDepth; ++k) {
        product += a_at({place.row, k}) * b_at({k, place.column});
      }
      EXPECT_NEAR(summed_by_warp<T>(a, b, lane, sum), product, 1e-12) << lane << ' ' << sum;
    }
  }
}

TYPED_TEST(Format, LiesInSharedMemoryWhereTheDescriptorSays) {
  using T = TypeParam;
  constexpr int kBytes = kGroupDepthBytes / T::kDepth;
  constexpr int kDepths = 2;
  const auto at = [](int row, int depth) {
    return operand<T>(DataPattern::uniform, kSeedA, row * kDepths * T::kDepth + depth);
  };
  std::vector<std::uint8_t> tiles(kDepths * kGroupBytesOfB, 0xEE);
  lay_out<T>(kGroupColumns, kDepths, tiles.data(), at);
  const auto leading = static_cast<int>(kDescriptor >> 16 & 0x3FFF) * 16;
  const auto stride = static_cast<int>(kDescriptor >> 32 & 0x3FFF) * 16;
  EXPECT_EQ(kDescriptor >> 46, 0u) << "no base offset and no swizzle";
  for (int row = 0; row < kGroupColumns; ++row) {
    for (int depth = 0; depth < kDepths * T::kDepth; ++depth) {
      // PTX's canonical layout ((8,m),(T,2k)):((1T,SBO),(1,LBO)), where T elements are 16 bytes.
      constexpr int kT = 16 / kBytes;
      const int k = depth % T::kDepth;
      const int byte = depth / T::kDepth * kGroupBytesOfB + row % 8 * kT * kBytes +
                       row / 8 * stride + k % kT * kBytes + k / kT * leading;
      std::uint32_t bits = 0;
      for (int i = 0; i < kBytes; ++i) {
        bits |= std::uint32_t{tiles[static_cast<std::size_t>(byte + i)]} << (8 * i);
      }
      ASSERT_EQ(decoded(T{}, bits), at(row, depth)) << row << ' ' << depth;
    }
  }
}

TEST(GroupSums, HoldEveryElementOnce) {
  std::set<std::pair<int, int>> places;
  for (int thread = 0; thread < kGroupThreads; ++thread) {
    for (int sum = 0; sum < kGroupSums; ++sum) {
      EXPECT_TRUE(places.insert(key(place_in_group_sums(thread, sum))).second);
    }
  }
  EXPECT_EQ(places.size(), 64u * 256);
  EXPECT_EQ(*places.rbegin(), (std::pair{63, 255}));
}

}  // namespace
}  // namespace derate::mma_chain
