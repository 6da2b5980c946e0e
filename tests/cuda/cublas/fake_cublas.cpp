// SPDX-License-Identifier: Apache-2.0
// A stand-in for libcublas.so that multiplies host memory, column by column as cuBLAS has it. It
// cuts f32 operands to TF32 where the environment lets it in the default math mode, and always with
// DERATE_FAKE_CUBLAS=tf32; never in the pedantic one. DERATE_FAKE_CUBLAS=driver refuses to start.
#include <cublas_v2.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "derate/cuda/number_format.h"

struct cublasContext {
  cublasMath_t mode = CUBLAS_TF32_TENSOR_OP_MATH;  // wrong, until one is set
  cudaStream_t stream = nullptr;
};

namespace {

using derate::NumberFormat;
using derate::Precision;

bool is_set(const char* variable, const char* to) {
  const char* const text = std::getenv(variable);
  return text != nullptr && std::string(text) == to;
}

bool cuts_to_tf32(const cublasContext& context) {
  if (context.mode == CUBLAS_TF32_TENSOR_OP_MATH) return true;
  if (context.mode == CUBLAS_PEDANTIC_MATH) return false;
  return is_set("DERATE_FAKE_CUBLAS", "tf32") || is_set("NVIDIA_TF32_OVERRIDE", "1");
}

/// C = A·B of column-major matrices, the only product that is asked for here.
template <typename T, typename Cut>
cublasStatus_t multiply(int m, int n, int k, const T* a, const T* b, T* c, const Cut& cut) {
  for (int column = 0; column < n; ++column) {
    for (int row = 0; row < m; ++row) {
      T sum = 0;
      for (int p = 0; p < k; ++p) sum += cut(a[p * m + row]) * cut(b[column * k + p]);
      c[column * m + row] = sum;
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  if (is_set("DERATE_FAKE_CUBLAS", "driver")) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  handle->mode = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? 99 : type == MINOR_VERSION ? 7 : 6;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t, cublasOperation_t, int m,
                              int n, int k, const float*, const float* a, int, const float* b, int,
                              const float*, float* c, int) {
  const bool cuts = cuts_to_tf32(*handle);
  return multiply(m, n, k, a, b, c, [&](float value) {
    return cuts ? static_cast<float>(NumberFormat<Precision::tf32>::rounded(value)) : value;
  });
}
// Refuses the mode that keeps f64 off the tensor units: a measurement of it would be of other units
// than the record says.
cublasStatus_t cublasDgemm_v2(cublasHandle_t handle, cublasOperation_t, cublasOperation_t, int m,
                              int n, int k, const double*, const double* a, int, const double* b,
                              int, const double*, double* c, int) {
  if (handle->mode == CUBLAS_PEDANTIC_MATH) return CUBLAS_STATUS_NOT_SUPPORTED;
  return multiply(m, n, k, a, b, c, [](double value) { return value; });
}
}
