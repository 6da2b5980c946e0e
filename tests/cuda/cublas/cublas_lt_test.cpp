// SPDX-License-Identifier: Apache-2.0
// CublasLt on a stand-in for the library (fake_cublas_lt.cpp): row-major products come out right in
// every format, and what is refused is refused in words.
#include "backend/cuda/cublas_lt.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "backend/cuda/cublas_lt_names.h"
#include "derate/error.h"
#include "gemm/work.h"

namespace derate::gemm {
namespace {

template <typename T>
std::vector<T> operand(std::uint64_t seed, std::int64_t count) {
  using Format = NumberFormat<kFormatOf<T>>;
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const double random = uniform_element(seed, static_cast<std::uint64_t>(i));
    values.push_back({static_cast<typename Format::Bits>(Format::bits(Format::rounded(random)))});
  }
  return values;
}

template <typename T>
class Formats : public testing::Test {};
using AllFormats = testing::Types<F16, Bf16, Tf32, E4m3, S8>;
TYPED_TEST_SUITE(Formats, AllFormats);

TYPED_TEST(Formats, MultiplyToTheReference) {
  using T = TypeParam;
  for (const Problem& problem :
       {Problem{{"m", 144}, {"n", 80}, {"k", 112}}, Problem{{"m", 16}, {"n", 48}, {"k", 32}},
        Problem{{"m", 48}, {"n", 16}, {"k", 64}}}) {
    const auto m = static_cast<int>(problem.at("m"));
    const auto n = static_cast<int>(problem.at("n"));
    const auto k = static_cast<int>(problem.at("k"));
    const std::vector<T> a = operand<T>(kSeedA, m * k);
    const std::vector<T> b = operand<T>(kSeedB, k * n);
    std::vector<Result<T>> c(static_cast<std::size_t>(m * n));
    std::memset(static_cast<void*>(c.data()), 0xFF, c.size() * sizeof c[0]);
    std::vector<std::byte> workspace(cuda::CublasLt::kWorkspaceBytes);
    const cuda::CublasLt product(kFormatOf<T>, m, n, k);
    product.multiply(a.data(), b.data(), c.data(), workspace.data(), nullptr);
    const LayoutOfB layout =
        cuda::wants_column_major_b(kFormatOf<T>) ? LayoutOfB::column_major : LayoutOfB::row_major;
    const auto row_of = [&](std::int64_t row) { return c.data() + row * n; };
    EXPECT_EQ(check<T>(DataPattern::uniform, problem, row_of, layout), std::nullopt)
        << problem.str();
  }
}

/// What `act` is refused with.
template <typename Act>
std::string refusal(const Act& act) {
  try {
    act();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST(CublasLt, NamesTheAlgorithm) {
  EXPECT_EQ(cuda::CublasLt(Precision::bf16, 64, 64, 64).algorithm(),
            "algorithm 66, tile 128x256, stages 64x4, split-k 3, cluster 2x1");
  EXPECT_EQ(
      cuda::CublasLt(Precision::fp8, 64, 64, 64).algorithm(),
      "algorithm 66, tile 128x256, stages 64x4, split-k 3, cluster 2x1, no fast accumulation");
  EXPECT_EQ(cuda::cublas_lt_version(), "cuBLASLt 99.8.7");
}

TEST(CublasLt, SaysWhatItHasNoAlgorithmFor) {
  EXPECT_EQ(refusal([] { cuda::CublasLt(Precision::fp8, 64, 64, 40); }),
            "cuBLASLt has no algorithm here for fp8 operands of m = 64, n = 64, k = 40");
  setenv("DERATE_FAKE_CUBLASLT", "nothing", 1);
  EXPECT_EQ(refusal([] { cuda::CublasLt(Precision::bf16, 1, 2, 3); }),
            "cuBLASLt has no algorithm here for bf16 operands of m = 1, n = 2, k = 3");
  unsetenv("DERATE_FAKE_CUBLASLT");
  EXPECT_NE(refusal([] { cuda::CublasLt(Precision::f64, 1, 2, 3); }), "");
}

TEST(CublasLt, FailsInWordsWithoutADriver) {
  setenv("DERATE_FAKE_CUBLASLT", "driver", 1);
  const std::string said = refusal([] { cuda::CublasLt(Precision::bf16, 64, 64, 64); });
  unsetenv("DERATE_FAKE_CUBLASLT");
  EXPECT_EQ(said.rfind("cublasLtCreate failed with ", 0), 0u) << said;
}

/// Shapes that have a name, and one that has none.
TEST(CublasLt, GivesUnknownShapesByTheirNumber) {
  static std::uint32_t tile = 0;
  static std::uint32_t stages = 0;
  const auto get = [](const cublasLtMatmulAlgo_t*, cublasLtMatmulAlgoConfigAttributes_t attribute,
                      void* value, size_t bytes, size_t*) {
    if (attribute == CUBLASLT_ALGO_CONFIG_TILE_ID)
      std::memcpy(value, &tile, bytes);
    else if (attribute == CUBLASLT_ALGO_CONFIG_STAGES_ID)
      std::memcpy(value, &stages, bytes);
    else
      return CUBLAS_STATUS_NOT_SUPPORTED;
    return CUBLAS_STATUS_SUCCESS;
  };
  const auto text = [&](int tile_id, int stages_id) {
    tile = static_cast<std::uint32_t>(tile_id);
    stages = static_cast<std::uint32_t>(stages_id);
    return cuda::describe({}, get);
  };
  EXPECT_EQ(text(CUBLASLT_MATMUL_TILE_64x64, CUBLASLT_MATMUL_STAGES_16x1),
            "tile 64x64, stages 16x1");
  EXPECT_EQ(text(CUBLASLT_MATMUL_TILE_256x128, CUBLASLT_MATMUL_STAGES_128x6),
            "tile 256x128, stages 128x6");
  EXPECT_EQ(text(CUBLASLT_MATMUL_TILE_128x192, CUBLASLT_MATMUL_STAGES_32x4),
            "tile 128x192, stages 32x4");
  EXPECT_EQ(text(9999, CUBLASLT_MATMUL_STAGES_128xAUTO), "tile number 9999, stages 128xauto");
  EXPECT_EQ(text(0, 25), "tile number 0, stages number 25");
}

}  // namespace
}  // namespace derate::gemm
