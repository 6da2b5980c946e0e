// SPDX-License-Identifier: Apache-2.0
// Cublas on a stand-in for the library (fake_cublas.cpp): row-major products are right in either
// math mode, the environment cannot bring TF32 in, and a result with it is refused.
#include "backend/cuda/cublas.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/cublas_lt.h"
#include "derate/error.h"
#include "derate/operands.h"
#include "gemm/work.h"

namespace derate::gemm {
namespace {

using cuda::CublasMath;

const Problem kProblem = {{"m", 24}, {"n", 16}, {"k", 4096}};

template <typename T>
std::vector<T> operand(std::uint64_t seed, std::int64_t count) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<T>(uniform_element(seed, static_cast<std::uint64_t>(i))));
  }
  return values;
}

/// What the check says of the library's result.
template <typename T>
std::optional<std::string> checked(CublasMath math) {
  const auto m = static_cast<int>(kProblem.at("m"));
  const auto n = static_cast<int>(kProblem.at("n"));
  const auto k = static_cast<int>(kProblem.at("k"));
  const std::vector<T> a = operand<T>(kSeedA, m * k);
  const std::vector<T> b = operand<T>(kSeedB, k * n);
  std::vector<T> c(static_cast<std::size_t>(m * n));
  const cuda::Cublas cublas(nullptr, math);
  cublas.multiply(m, n, k, a.data(), b.data(), c.data());
  return check<T>(DataPattern::uniform, kProblem,
                  [&](std::int64_t row) { return c.data() + row * n; });
}

TEST(Cublas, MultipliesToTheReference) {
  EXPECT_EQ(checked<float>(CublasMath::standard), std::nullopt);
  EXPECT_EQ(checked<float>(CublasMath::pedantic), std::nullopt);
  EXPECT_EQ(checked<double>(CublasMath::standard), std::nullopt);
}

/// Before the library is loaded for the first time: no home folder that a file's name would be
/// shown from, and what a user may have set.
const bool kIsPrepared =
    setenv("HOME", "/nowhere", 1) == 0 && setenv("NVIDIA_TF32_OVERRIDE", "1", 1) == 0;

TEST(Cublas, TakesTf32OutOfTheEnvironment) {
  ASSERT_TRUE(kIsPrepared);
  static_cast<void>(cuda::cublas_version());
  EXPECT_EQ(std::getenv("NVIDIA_TF32_OVERRIDE"), nullptr);
}

TEST(Cublas, IsRefusedWhereItsDefaultIsTf32) {
  setenv("DERATE_FAKE_CUBLAS", "tf32", 1);
  const auto standard = checked<float>(CublasMath::standard);
  const auto pedantic = checked<float>(CublasMath::pedantic);
  unsetenv("DERATE_FAKE_CUBLAS");
  EXPECT_NE(standard, std::nullopt) << "TF32 is another precision";
  EXPECT_EQ(pedantic, std::nullopt);
}

TEST(Cublas, FailsInWordsWithoutADriverThatItKnows) {
  setenv("DERATE_FAKE_CUBLAS", "driver", 1);
  std::string said;
  try {
    const cuda::Cublas cublas(nullptr, CublasMath::standard);
  } catch (const DeviceError& error) {
    said = error.what();
  }
  unsetenv("DERATE_FAKE_CUBLAS");
  EXPECT_TRUE(said.starts_with("cublasCreate failed with ")) << said;
}

TEST(Cublas, SaysWhichFileItIs) {
  const std::string folder = DERATE_FAKE_FOLDER;
  const std::string major = std::to_string(CUBLAS_VER_MAJOR);
  EXPECT_EQ(cuda::cublas_origin(), "cuBLAS 99.7.6 is " + folder + "/libcublas.so." + major);
  EXPECT_EQ(cuda::cublas_lt_origin(), "cuBLASLt 99.8.7 is " + folder + "/libcublasLt.so." + major);
}

}  // namespace
}  // namespace derate::gemm
