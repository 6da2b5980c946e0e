// SPDX-License-Identifier: Apache-2.0
// The emulation's f16 and bf16 round as IEEE 754 says.
#include "small_float.h"

#include <gtest/gtest.h>

#include <random>

namespace derate::emulation {
namespace {

TEST(SmallFloat, KnowsBitsThatAreWrittenDown) {
  EXPECT_EQ(F16::encode(1), 0x3C00u);
  EXPECT_EQ(F16::encode(-2), 0xC000u);
  EXPECT_EQ(F16::encode(65504), 0x7BFFu) << "the greatest";
  EXPECT_EQ(F16::encode(0x1p-14), 0x0400u) << "the smallest normal one";
  EXPECT_EQ(F16::encode(0x1p-24), 0x0001u) << "the smallest";
  EXPECT_EQ(F16::encode(1.0 / 3), 0x3555u);
  EXPECT_EQ(Bf16::encode(1), 0x3F80u);
  EXPECT_EQ(Bf16::encode(3), 0x4040u);
  EXPECT_EQ(Bf16::encode(0x1p-126), 0x0080u);
  EXPECT_EQ(Bf16::encode(3.140625), 0x4049u);
}

TEST(SmallFloat, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(F16::encode(1 + 0x1p-11), 0x3C00u);
  EXPECT_EQ(F16::encode(1 + 0x1p-11 + 0x1p-40), 0x3C01u);
  EXPECT_EQ(F16::encode(1 + 0x3p-11), 0x3C02u);
  EXPECT_EQ(F16::encode(2 - 0x1p-12), 0x4000u) << "carries into the exponent";
  EXPECT_EQ(F16::encode(65519), 0x7BFFu);
  EXPECT_EQ(F16::encode(65520), F16::kInfinity);
  EXPECT_EQ(F16::encode(1e300), F16::kInfinity);
  EXPECT_EQ(F16::encode(0x1p-25), 0u);
  EXPECT_EQ(F16::encode(-0x1p-25), 0x8000u);
  EXPECT_EQ(F16::encode(0x3p-26), 1u);
  EXPECT_EQ(F16::encode(0x1p-14 - 0x1p-26), 0x0400u) << "the greatest subnormal carries";
}

template <typename Float>
class EveryNumber : public testing::Test {};
using Formats = testing::Types<F16, Bf16>;
TYPED_TEST_SUITE(EveryNumber, Formats);

TYPED_TEST(EveryNumber, IsItsOwnRounding) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double value = TypeParam::decode(bits);
    if (std::isnan(value)) continue;
    ASSERT_EQ(TypeParam::encode(value), bits);
  }
}

/// Neighbours enclose their middle; what is nearer to one of them becomes that one.
TYPED_TEST(EveryNumber, AttractsWhatIsNearest) {
  for (std::uint32_t bits = 0; bits + 1 < TypeParam::kInfinity; ++bits) {
    const double middle = (TypeParam::decode(bits) + TypeParam::decode(bits + 1)) / 2;
    ASSERT_EQ(TypeParam::encode(middle), bits + bits % 2);
    ASSERT_EQ(TypeParam::encode(std::nextafter(middle, 0)), bits);
    ASSERT_EQ(TypeParam::encode(std::nextafter(middle, HUGE_VAL)), bits + 1);
  }
}

/// With exponents between -6 and 6, a sum of doubles is exact.
TYPED_TEST(EveryNumber, IsMultipliedAndAddedWithOneRounding) {
  std::mt19937 random(1);
  const auto number = [&] {
    const double value = 1 + static_cast<double>(random() % 2048) / 2048;
    const double scaled = std::ldexp(value, static_cast<int>(random() % 13) - 6);
    return TypeParam::encode(random() % 2 == 0 ? scaled : -scaled);
  };
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint32_t x = number();
    const std::uint32_t a = number();
    const std::uint32_t b = number();
    const double exact = TypeParam::decode(x) * TypeParam::decode(a) + TypeParam::decode(b);
    ASSERT_EQ(TypeParam::multiply_add(x, a, b), TypeParam::encode(exact))
        << x << ' ' << a << ' ' << b;
  }
}

TEST(SmallFloat, DoesNotRoundTwice) {
  // 1 + 2^-8 lies in the middle between bf16's 1 and its successor. What the product adds is below
  // the last bit of a double, and decides.
  const std::uint32_t x = Bf16::encode(0x1p-40);
  EXPECT_EQ(Bf16::multiply_add(x, x, Bf16::encode(1)), 0x3F80u);
  const std::uint32_t product_x = Bf16::encode(1 + 0x1p-4);
  const std::uint32_t product_a = Bf16::encode(1 + 0x1p-4);  // 1 + 2^-3 + 2^-8, a tie
  const std::uint32_t tiny = Bf16::encode(0x1p-90);
  EXPECT_EQ(Bf16::multiply_add(product_x, product_a, 0), Bf16::encode(1.125));
  EXPECT_EQ(Bf16::multiply_add(product_x, product_a, tiny), Bf16::encode(1.125 + 0x1p-7));
  EXPECT_EQ(Bf16::multiply_add(product_x, product_a, tiny | 0x8000), Bf16::encode(1.125));
}

}  // namespace
}  // namespace derate::emulation
