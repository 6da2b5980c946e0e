// SPDX-License-Identifier: Apache-2.0
// cuBLAS, loaded at run time: a machine without it loses one row of results, not the program.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <memory>
#include <string>

namespace derate::cuda {

/// "cuBLAS 13.0.2" as loaded, or "cuBLAS" where it cannot be loaded.
[[nodiscard]] std::string cublas_version();

/// "cuBLAS 13.0.2 is /usr/local/cuda/lib64/libcublas.so.13", or why it cannot be used and where it
/// was looked for.
[[nodiscard]] std::string cublas_origin();

/// cuBLAS's math modes that keep the precision of the operands. `standard` is what a program gets
/// that sets none; f64 takes tensor units then, which compute in f64. `pedantic` also prescribes
/// the arithmetic of all intermediate steps, and may be slower for it.
enum class CublasMath { standard, pedantic };

/// "default math" or "pedantic math", as records have it.
[[nodiscard]] constexpr const char* to_string(CublasMath math) {
  return math == CublasMath::pedantic ? "pedantic math" : "default math";
}

/// A handle on one stream: no TF32 and no emulation, whatever the environment asks for.
class Cublas {
 public:
  /// Throws DeviceError when the library is missing or refuses this GPU.
  Cublas(cudaStream_t stream, CublasMath math);

  /// C = A·B, row-major, A is m x k and B is k x n. Returns at once; throws DeviceError.
  void multiply(int m, int n, int k, const float* a, const float* b, float* c) const;
  void multiply(int m, int n, int k, const double* a, const double* b, double* c) const;

 private:
  struct Destroy {
    void operator()(cublasHandle_t handle) const;
  };
  std::unique_ptr<cublasContext, Destroy> handle_;
};

}  // namespace derate::cuda
