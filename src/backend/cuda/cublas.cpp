// SPDX-License-Identifier: Apache-2.0
// SGEMM and DGEMM by functions looked up in libcublas. Row-major products are passed as their
// transposes, and f32 is kept off TF32 and emulation by the pedantic math mode.
#include "backend/cuda/cublas.h"

#include "backend/cuda/cublas_library.h"

namespace derate::cuda {
namespace {

/// The functions used, with the types of the header that this program was built with.
struct Api {
  SharedLibrary library = load_cublas("cublas");
  decltype(&cublasCreate_v2) create = find<decltype(cublasCreate_v2)>("cublasCreate_v2");
  decltype(&cublasDestroy_v2) destroy = find<decltype(cublasDestroy_v2)>("cublasDestroy_v2");
  decltype(&cublasSetStream_v2) set_stream =
      find<decltype(cublasSetStream_v2)>("cublasSetStream_v2");
  decltype(&cublasSetMathMode) set_math_mode =
      find<decltype(cublasSetMathMode)>("cublasSetMathMode");
  decltype(&cublasGetProperty) property = find<decltype(cublasGetProperty)>("cublasGetProperty");
  decltype(&cublasSgemm_v2) sgemm = find<decltype(cublasSgemm_v2)>("cublasSgemm_v2");
  decltype(&cublasDgemm_v2) dgemm = find<decltype(cublasDgemm_v2)>("cublasDgemm_v2");

  [[nodiscard]] bool complete() const {
    return create && destroy && set_stream && set_math_mode && property && sgemm && dgemm;
  }

 private:
  template <typename Function>
  [[nodiscard]] Function* find(const char* name) const {
    return library.function<Function>(name);
  }
};

/// Loaded once and never unloaded: the driver may still hold its kernels at exit.
const Api& api() {
  static const Api* const loaded = new Api;
  return *loaded;
}

const Api& required_api() {
  if (!api().complete()) refuse_cublas("cublas");
  return api();
}

}  // namespace

std::string cublas_version() {
  return api().complete() ? cublas_version_text("cuBLAS", api().property) : "cuBLAS";
}

void Cublas::Destroy::operator()(cublasHandle_t handle) const {
  static_cast<void>(api().destroy(handle));
}

// Pedantic arithmetic keeps f32 off TF32 and off emulation, but f64 off the tensor units as well,
// which compute it by the same rules: there the default is right, and excludes emulation.
Cublas::Cublas(cudaStream_t stream, Precision precision) {
  const Api& cublas = required_api();
  const cublasMath_t mode =
      precision == Precision::f64 ? CUBLAS_DEFAULT_MATH : CUBLAS_PEDANTIC_MATH;
  cublasHandle_t handle = nullptr;
  check_cublas(cublas.create(&handle), "cublasCreate");
  handle_.reset(handle);
  check_cublas(cublas.set_stream(handle, stream), "cublasSetStream");
  check_cublas(cublas.set_math_mode(handle, mode), "cublasSetMathMode");
}

// cuBLAS is column-major. Read that way, a row-major matrix is its transpose, and C' = B'·A'.
void Cublas::multiply(int m, int n, int k, const float* a, const float* b, float* c) const {
  const float one = 1;
  const float zero = 0;
  check_cublas(
      api().sgemm(handle_.get(), CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &one, b, n, a, k, &zero, c, n),
      "cublasSgemm");
}

void Cublas::multiply(int m, int n, int k, const double* a, const double* b, double* c) const {
  const double one = 1;
  const double zero = 0;
  check_cublas(
      api().dgemm(handle_.get(), CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &one, b, n, a, k, &zero, c, n),
      "cublasDgemm");
}

}  // namespace derate::cuda
