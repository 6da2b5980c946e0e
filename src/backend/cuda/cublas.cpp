// SPDX-License-Identifier: Apache-2.0
// SGEMM and DGEMM by functions looked up in libcublas. Row-major products are passed as their
// transposes.
#include "backend/cuda/cublas.h"

#include "backend/cuda/cublas_library.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

/// The functions used, with the types of the header that this program was built with.
struct Api {
  OpenedLibrary opened = load_cublas("cublas");
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
    return opened.library.function<Function>(name);
  }
};

/// Loaded once and never unloaded: the driver may still hold its kernels at exit.
const Api& api() {
  static const Api* const loaded = new Api;
  return *loaded;
}

const Api& required_api() {
  if (!api().complete()) refuse_cublas(api().opened);
  return api();
}

}  // namespace

std::string cublas_version() {
  return api().complete() ? cublas_version_text("cuBLAS", api().property) : "cuBLAS";
}

std::string cublas_origin() {
  if (!api().complete()) return cublas_shortcoming(api().opened);
  return cublas_version() + " is " + api().opened.file;
}

void Cublas::Destroy::operator()(cublasHandle_t handle) const {
  static_cast<void>(api().destroy(handle));
}

// The default excludes TF32 and emulation as well, once load_cublas() has taken what would allow
// them from the environment; the check of a result would refuse either. Pedantic arithmetic keeps
// f64 off the tensor units, which compute it by the same rules.
Cublas::Cublas(cudaStream_t stream, CublasMath math) {
  const Api& cublas = required_api();
  const cublasMath_t mode =
      math == CublasMath::pedantic ? CUBLAS_PEDANTIC_MATH : CUBLAS_DEFAULT_MATH;
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
