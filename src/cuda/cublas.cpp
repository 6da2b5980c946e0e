// SPDX-License-Identifier: Apache-2.0
#include "cuda/cublas.h"

#include <array>
#include <cstdlib>
#include <source_location>

#include "cuda/check.h"
#include "cuda/shared_library.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

const std::string kMajor = std::to_string(CUBLAS_VER_MAJOR);

// Variables that let cuBLAS emulate a precision with narrower tensor units, or use TF32, without
// having been asked to by the program.
constexpr std::array kPrecisionSwitches = {
    "CUBLAS_EMULATE_SINGLE_PRECISION",
    "CUBLAS_EMULATE_DOUBLE_PRECISION",
    "CUBLAS_EMULATION_STRATEGY",
    "NVIDIA_TF32_OVERRIDE",
};

/// The functions used, with the types of the header that this program was built with.
struct Api {
  /// Only the major version of the header: another one may have another ABI.
  static SharedLibrary load() {
    // A peak of the operands' own precision bounds the result, so the environment has no say.
    for (const char* name : kPrecisionSwitches) static_cast<void>(unsetenv(name));
    const std::string name = "libcublas.so." + kMajor;
    const std::string toolkit = "/usr/local/cuda/lib64/" + name;
    const std::string versioned = "/usr/local/cuda-" + kMajor + "/lib64/" + name;
    return SharedLibrary(std::array{name.c_str(), toolkit.c_str(), versioned.c_str()});
  }

  SharedLibrary library = load();
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
  if (!api().complete()) {
    throw DeviceError("cuBLAS " + kMajor + " cannot be loaded: put libcublas.so." + kMajor +
                          " on the library path",
                      false);
  }
  return api();
}

const char* name_of(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "an unknown status";
  }
}

void check_cublas(cublasStatus_t status, const char* call,
                  const std::source_location& place = std::source_location::current()) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  // A fault of the device itself says more than cuBLAS makes of it, and may be final.
  check(cudaGetLastError(), call, place);
  throw DeviceError(std::string(call) + " failed with " + name_of(status) + " (" +
                        std::to_string(static_cast<int>(status)) + ") at " + to_string(place),
                    false);
}

}  // namespace

std::string cublas_version() {
  if (!api().complete()) return "cuBLAS";
  std::string text = "cuBLAS ";
  for (const libraryPropertyType part : {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL}) {
    int value = 0;
    if (api().property(part, &value) != CUBLAS_STATUS_SUCCESS) return "cuBLAS";
    text += (part == MAJOR_VERSION ? "" : ".") + std::to_string(value);
  }
  return text;
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
