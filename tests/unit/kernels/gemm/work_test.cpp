// SPDX-License-Identifier: Apache-2.0
// gemm's check on operands of tensor units: it takes what such units make of them, with all their
// cutting off, and refuses products of operands of the next format down.
#include "gemm/work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gemm/tensor_support.h"

namespace derate::gemm {
namespace {

const Problem kProblem = {{"m", 24}, {"n", 16}, {"k", 4096}};

/// `value` without what lies below 2^`last`.
double cut(double value, int last) {
  const double step = std::ldexp(1.0, last);
  return std::trunc(value / step) * step;
}

int leading_bit(double value) { return value == 0 ? -1000 : std::ilogb(value); }

/// What a tensor unit makes of a sum and some products: all aligned to the largest, and cut off.
double added_by_unit(double sum, const std::vector<double>& products, int alignment_bits,
                     int sum_bits) {
  int largest = leading_bit(sum);
  for (const double product : products) largest = std::max(largest, leading_bit(product));
  double total = cut(sum, largest - alignment_bits);
  for (const double product : products) total += cut(product, largest - alignment_bits);
  return cut(total, leading_bit(total) - sum_bits);
}

Result<F16> as_result(F16, double sum) {
  using Format = NumberFormat<Precision::f16>;
  return {static_cast<std::uint16_t>(Format::bits(Format::rounded(sum)))};
}
Result<Bf16> as_result(Bf16, double sum) {
  using Format = NumberFormat<Precision::bf16>;
  return {static_cast<std::uint16_t>(Format::bits(Format::rounded(sum)))};
}
Result<E4m3> as_result(E4m3, double sum) { return as_result(Bf16{}, sum); }
Result<Tf32> as_result(Tf32, double sum) { return static_cast<float>(sum); }

/// A matrix product as a tensor unit computes it, `at_once` products in one sum, of operands that
/// `narrowed` may have made less precise than T.
template <typename T, typename Narrowed>
std::vector<Result<T>> product(const Problem& problem, int at_once, const Narrowed& narrowed) {
  const std::int64_t m = problem.at("m");
  const std::int64_t n = problem.at("n");
  const std::int64_t k = problem.at("k");
  const int alignment_bits = kFormatOf<T> == Precision::fp8 ? 13 : 24;
  const int sum_bits = kFormatOf<T> == Precision::fp8 ? 13 : 23;
  const auto operand = [&](std::uint64_t seed, std::int64_t index) {
    const double random = element(DataPattern::uniform, seed, static_cast<std::uint64_t>(index));
    return narrowed(OperandOf<T>::rounded(random));
  };
  std::vector<Result<T>> c;
  for (std::int64_t i = 0; i < m * n; ++i) {
    double sum = 0;
    for (std::int64_t first = 0; first < k; first += at_once) {
      std::vector<double> products;
      for (std::int64_t p = first; p < std::min(first + at_once, k); ++p) {
        products.push_back(operand(kSeedA, i / n * k + p) * operand(kSeedB, p * n + i % n));
      }
      sum = added_by_unit(sum, products, alignment_bits, sum_bits);
    }
    c.push_back(as_result(T{}, sum));
  }
  return c;
}

template <typename T>
std::optional<std::string> checked(const std::vector<Result<T>>& c,
                                   const Problem& problem = kProblem) {
  return check<T>(DataPattern::uniform, problem,
                  [&](std::int64_t row) { return c.data() + row * problem.at("n"); });
}

constexpr auto kAsTheyAre = [](double value) { return value; };

TEST(GemmTolerance, TakesWhatTensorUnitsMake) {
  EXPECT_EQ(checked<F16>(product<F16>(kProblem, 8, kAsTheyAre)), std::nullopt);
  EXPECT_EQ(checked<F16>(product<F16>(kProblem, 16, kAsTheyAre)), std::nullopt);
  EXPECT_EQ(checked<Bf16>(product<Bf16>(kProblem, 8, kAsTheyAre)), std::nullopt);
  EXPECT_EQ(checked<Tf32>(product<Tf32>(kProblem, 4, kAsTheyAre)), std::nullopt);
  EXPECT_EQ(checked<E4m3>(product<E4m3>(kProblem, 16, kAsTheyAre)), std::nullopt);
  EXPECT_EQ(checked<E4m3>(product<E4m3>(kProblem, 32, kAsTheyAre)), std::nullopt);
}

TEST(GemmTolerance, TakesShortSums) {
  for (const std::int64_t k : {1, 2, 3, 16, 17}) {
    const Problem problem = {{"m", 40}, {"n", 33}, {"k", k}};
    EXPECT_EQ(checked<Bf16>(product<Bf16>(problem, 8, kAsTheyAre), problem), std::nullopt) << k;
    EXPECT_EQ(checked<Tf32>(product<Tf32>(problem, 4, kAsTheyAre), problem), std::nullopt) << k;
    EXPECT_EQ(checked<E4m3>(product<E4m3>(problem, 16, kAsTheyAre), problem), std::nullopt) << k;
  }
}

TEST(GemmTolerance, RefusesOperandsOfTheNextFormatDown) {
  const auto to_bf16 = NumberFormat<Precision::bf16>::rounded;
  const auto to_fp8 = NumberFormat<Precision::fp8>::rounded;
  const auto to_fp4 = FloatFormat<2, 1>::rounded;
  for (const std::int64_t k : {64, 4096}) {
    const Problem problem = {{"m", 24}, {"n", 32}, {"k", k}};
    EXPECT_NE(checked<Tf32>(product<Tf32>(problem, 4, to_bf16), problem), std::nullopt) << k;
    EXPECT_NE(checked<F16>(product<F16>(problem, 8, to_bf16), problem), std::nullopt) << k;
    EXPECT_NE(checked<Bf16>(product<Bf16>(problem, 8, to_fp8), problem), std::nullopt) << k;
    EXPECT_NE(checked<E4m3>(product<E4m3>(problem, 16, to_fp4), problem), std::nullopt) << k;
  }
}

TEST(GemmTolerance, RefusesTf32InPlaceOfF32) {
  const auto to_tf32 = NumberFormat<Precision::tf32>::rounded;
  std::vector<float> c;
  for (const float value : product<Tf32>(kProblem, 4, to_tf32)) c.push_back(value);
  EXPECT_NE(check<float>(DataPattern::uniform, kProblem,
                         [&](std::int64_t row) { return c.data() + row * 16; }),
            std::nullopt);
}

TEST(GemmTolerance, TakesIntegersOnlyToTheLast) {
  const Problem problem = {{"m", 3}, {"n", 5}, {"k", 640}};
  std::vector<std::int32_t> c;
  for (int i = 0; i < 15; ++i) {
    double sum = 0;
    for (int p = 0; p < 640; ++p) {
      const auto at = [&](std::uint64_t seed, int index) {
        return std::floor(128 * uniform_element(seed, static_cast<std::uint64_t>(index)));
      };
      sum += at(kSeedA, i / 5 * 640 + p) * at(kSeedB, p * 5 + i % 5);
    }
    c.push_back(static_cast<std::int32_t>(sum));
  }
  EXPECT_EQ(checked<S8>(c, problem), std::nullopt);
  ++c[7];
  EXPECT_NE(checked<S8>(c, problem), std::nullopt);
}

TEST(GemmTolerance, RefusesWhatNobodyWrote) {
  const std::vector<Bf16> poison(24 * 16, Bf16{0xFFFF});
  EXPECT_NE(checked<Bf16>(poison), std::nullopt);
}

TEST(GemmWork, CountsTheResultInItsOwnFormat) {
  EXPECT_EQ(work_of<float>(kProblem).bytes, (24 * 4096 + 4096 * 16 + 24 * 16) * 4);
  EXPECT_EQ(work_of<Bf16>(kProblem).bytes, (24 * 4096 + 4096 * 16 + 24 * 16) * 2);
  EXPECT_EQ(work_of<Tf32>(kProblem).bytes, (24 * 4096 + 4096 * 16 + 24 * 16) * 4);
  EXPECT_EQ(work_of<E4m3>(kProblem).bytes, 24 * 4096 + 4096 * 16 + 24 * 16 * 2);
  EXPECT_EQ(work_of<S8>(kProblem).bytes, 24 * 4096 + 4096 * 16 + 24 * 16 * 4);
}

TEST(TensorSupport, SaysWhichArchitectureIsTooOld) {
  const auto reason = [](const char* architecture, Precision operands) {
    Device device;
    device.architecture = architecture;
    return tensor_units_unsupported("cuBLASLt", operands, device).value_or("");
  };
  EXPECT_EQ(reason("sm_80", Precision::fp8),
            "cuBLASLt multiplies fp8 on tensor units from compute capability 8.9 on");
  EXPECT_EQ(reason("sm_75", Precision::bf16),
            "cuBLASLt multiplies bf16 on tensor units from compute capability 8.0 on");
  EXPECT_EQ(reason("sm_70", Precision::i8),
            "cuBLASLt multiplies i8 on tensor units from compute capability 7.5 on");
  EXPECT_EQ(reason("sm_75", Precision::f16), "");
  EXPECT_EQ(reason("sm_80", Precision::tf32), "");
  EXPECT_EQ(reason("sm_89", Precision::fp8), "");
  EXPECT_EQ(reason("sm_100", Precision::fp8), "");
}

TEST(NumberFormat, ReadsBackEveryNumberOf16Bits) {
  const auto expect_all = []<typename Format>(Format, std::uint32_t infinity) {
    for (std::uint32_t bits = 0; bits < infinity; ++bits) {
      ASSERT_EQ(Format::bits(Format::value(bits)), bits);
      ASSERT_EQ(Format::bits(Format::value(bits | 0x8000)), bits | 0x8000);
    }
    EXPECT_EQ(Format::value(infinity), HUGE_VAL);
    EXPECT_EQ(Format::value(infinity | 0x8000), -HUGE_VAL);
    EXPECT_TRUE(std::isnan(Format::value(0xFFFF)));
  };
  expect_all(NumberFormat<Precision::f16>{}, 0x7C00);
  expect_all(NumberFormat<Precision::bf16>{}, 0x7F80);
  EXPECT_EQ(NumberFormat<Precision::f16>::value(0x3555), 0.333251953125);
  EXPECT_EQ(NumberFormat<Precision::bf16>::value(0xC049), -3.140625);
}

}  // namespace
}  // namespace derate::gemm
