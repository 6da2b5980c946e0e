// SPDX-License-Identifier: Apache-2.0
// A stand-in for libcublasLt.so that multiplies host memory, column by column as cuBLAS has it, and
// refuses what NVIDIA's documentation of cublasLtMatmul() excludes. The opaque structures hold what
// was asked for. DERATE_FAKE_CUBLASLT=driver refuses to start, =nothing has no algorithm.
#include <cublasLt.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "derate/cuda/number_format.h"

namespace {

using derate::NumberFormat;
using derate::Precision;

bool is_asked_for(const char* what) {
  const char* const text = std::getenv("DERATE_FAKE_CUBLASLT");
  return text != nullptr && std::string(text) == what;
}

constexpr std::int8_t kUnsaid = -1;

struct Operation {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::int32_t transposed_a;
  std::int8_t fast_accumulation;
};
struct Matrix {
  cudaDataType_t type;
  std::uint64_t rows;
  std::uint64_t columns;
  std::int64_t leading;
};

template <typename Shown, typename Opaque>
Shown& shown(Opaque* opaque) {
  static_assert(sizeof(Shown) <= sizeof(Opaque));
  return *reinterpret_cast<Shown*>(opaque);
}

/// e4m3 by its definition.
double of_e4m3(std::uint8_t bits) {
  const int exponent = bits >> 3 & 15;
  const double significand = (bits & 7) / 8.0 + (exponent == 0 ? 0 : 1);
  return (bits >> 7 != 0 ? -1 : 1) * std::ldexp(significand, (exponent == 0 ? 1 : exponent) - 7);
}

double element(const void* values, const Matrix& matrix, std::uint64_t row, std::uint64_t column) {
  const auto at = static_cast<std::size_t>(column) * static_cast<std::size_t>(matrix.leading) +
                  static_cast<std::size_t>(row);
  switch (matrix.type) {
    case CUDA_R_16F:
      return NumberFormat<Precision::f16>::value(static_cast<const std::uint16_t*>(values)[at]);
    case CUDA_R_16BF:
      return NumberFormat<Precision::bf16>::value(static_cast<const std::uint16_t*>(values)[at]);
    case CUDA_R_32F:
      return static_cast<const float*>(values)[at];
    case CUDA_R_8I:
      return static_cast<const std::int8_t*>(values)[at];
    default:
      return of_e4m3(static_cast<const std::uint8_t*>(values)[at]);
  }
}

void store(double sum, void* values, cudaDataType_t type, std::size_t at) {
  const auto bits_of = [&]<typename Format>(Format) {
    return static_cast<std::uint16_t>(Format::bits(Format::rounded(sum)));
  };
  if (type == CUDA_R_16F) {
    static_cast<std::uint16_t*>(values)[at] = bits_of(NumberFormat<Precision::f16>{});
  } else if (type == CUDA_R_16BF) {
    static_cast<std::uint16_t*>(values)[at] = bits_of(NumberFormat<Precision::bf16>{});
  } else if (type == CUDA_R_32F) {
    static_cast<float*>(values)[at] = static_cast<float>(sum);
  } else {
    static_cast<std::int32_t*>(values)[at] = static_cast<std::int32_t>(sum);
  }
}

/// By the tables of supported types, and by the rules for 8-bit operands.
bool is_supported(const Operation& operation, const Matrix& a, const Matrix& b, const Matrix& d) {
  const bool transposed = operation.transposed_a == CUBLAS_OP_T;
  const auto is = [&](cudaDataType_t operands, cudaDataType_t result, cublasComputeType_t compute,
                      cudaDataType_t scale) {
    return a.type == operands && b.type == operands && d.type == result &&
           operation.compute == compute && operation.scale == scale;
  };
  const auto aligned = [](const Matrix& matrix, std::uint64_t to) {
    return matrix.rows % to == 0 && static_cast<std::uint64_t>(matrix.leading) % to == 0;
  };
  if (is(CUDA_R_8F_E4M3, CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F)) {
    // Fast accumulation is to be said off, since records say that it is.
    return transposed && aligned(a, 16) && aligned(b, 16) && aligned(d, 8) &&
           operation.fast_accumulation == 0;
  }
  if (is(CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I, CUDA_R_32I)) {
    return transposed && aligned(a, 4) && aligned(b, 4) && aligned(d, 4);
  }
  return is(CUDA_R_16F, CUDA_R_16F, CUBLAS_COMPUTE_32F, CUDA_R_32F) ||
         is(CUDA_R_16BF, CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F) ||
         is(CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F);
}

cublasStatus_t multiply(const Operation& operation, const void* a, const Matrix& of_a,
                        const void* b, const Matrix& of_b, void* d, const Matrix& of_d) {
  const bool transposed = operation.transposed_a == CUBLAS_OP_T;
  const std::uint64_t depth = transposed ? of_a.rows : of_a.columns;
  const std::uint64_t rows = transposed ? of_a.columns : of_a.rows;
  if (rows != of_d.rows || of_b.columns != of_d.columns || of_b.rows != depth) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  for (std::uint64_t column = 0; column < of_d.columns; ++column) {
    for (std::uint64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::uint64_t p = 0; p < depth; ++p) {
        const double factor = transposed ? element(a, of_a, p, row) : element(a, of_a, row, p);
        sum += factor * element(b, of_b, p, column);
      }
      store(sum, d, of_d.type, column * static_cast<std::uint64_t>(of_d.leading) + row);
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  static int something;
  *handle = reinterpret_cast<cublasLtHandle_t>(&something);
  return is_asked_for("driver") ? CUBLAS_STATUS_NOT_INITIALIZED : CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasLtGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? 99 : type == MINOR_VERSION ? 8 : 7;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  *made = new cublasLtMatmulDescOpaque_t{};
  shown<Operation>(*made) = {compute, scale, CUBLAS_OP_N, kUnsaid};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t made) {
  delete made;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t made,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t bytes) {
  const bool is_transposition = attribute == CUBLASLT_MATMUL_DESC_TRANSA && bytes == 4;
  const bool is_accumulation = attribute == CUBLASLT_MATMUL_DESC_FAST_ACCUM && bytes == 1;
  if (is_transposition) std::memcpy(&shown<Operation>(made).transposed_a, value, bytes);
  if (is_accumulation) std::memcpy(&shown<Operation>(made).fast_accumulation, value, bytes);
  return is_transposition || is_accumulation ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type,
                                          uint64_t rows, uint64_t columns, int64_t leading) {
  *made = new cublasLtMatrixLayoutOpaque_t{};
  shown<Matrix>(*made) = {type, rows, columns, leading};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t made) {
  delete made;
  return CUBLAS_STATUS_SUCCESS;
}

// Holds the workspace in its first word and the reduction schemes in its second.
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
  *made = new cublasLtMatmulPreferenceOpaque_t{};
  (*made)->data[1] = CUBLASLT_REDUCTION_SCHEME_MASK;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t made) {
  delete made;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t made,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, size_t bytes) {
  const bool is_workspace = attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
  if (bytes != (is_workspace ? 8u : 4u)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&made->data[is_workspace ? 0 : 1], value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

// The algorithm says in words 0 to 4 what the attributes of these numbers are, and in the sixth and
// seventh what was preferred.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[],
                                              int* found) {
  *found = 0;
  if (is_asked_for("nothing") || wanted < 1 ||
      !is_supported(shown<Operation>(operation), shown<Matrix>(a), shown<Matrix>(b),
                    shown<Matrix>(d))) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  *found = 1;
  results[0] = {};
  results[0].algo = {{66, CUBLASLT_MATMUL_TILE_128x256, 3, CUBLASLT_MATMUL_STAGES_64x4,
                      CUBLASLT_CLUSTER_SHAPE_2x1x1, 0, preference->data[0], preference->data[1]}};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t* algorithm,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    void* value, size_t bytes, size_t* written) {
  const bool is_cluster = attribute == CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID;
  if (bytes != (is_cluster ? 2u : 4u)) return CUBLAS_STATUS_INVALID_VALUE;
  const int word = attribute == CUBLASLT_ALGO_CONFIG_ID           ? 0
                   : attribute == CUBLASLT_ALGO_CONFIG_TILE_ID    ? 1
                   : attribute == CUBLASLT_ALGO_CONFIG_SPLITK_NUM ? 2
                   : attribute == CUBLASLT_ALGO_CONFIG_STAGES_ID  ? 3
                                                                  : 4;
  std::memcpy(value, &algorithm->data[word], bytes);
  *written = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t of_a, const void* b,
                              cublasLtMatrixLayout_t of_b, const void* beta, const void* c,
                              cublasLtMatrixLayout_t of_c, void* d, cublasLtMatrixLayout_t of_d,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t bytes,
                              cudaStream_t) {
  const bool integers = shown<Operation>(operation).scale == CUDA_R_32I;
  const auto number = [&](const void* value) -> double {
    if (integers) return *static_cast<const std::int32_t*>(value);
    return *static_cast<const float*>(value);
  };
  const bool is_plain = number(alpha) == 1 && number(beta) == 0 && c == d && of_c == of_d;
  const bool has_room = workspace != nullptr && bytes >= algorithm->data[6];
  const bool is_wide = shown<Matrix>(of_d).type == CUDA_R_32F || integers;
  const bool is_precise = is_wide || algorithm->data[7] == CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  if (!is_plain || !has_room || !is_precise || algorithm->data[0] != 66) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  return multiply(shown<Operation>(operation), a, shown<Matrix>(of_a), b, shown<Matrix>(of_b), d,
                  shown<Matrix>(of_d));
}
}
