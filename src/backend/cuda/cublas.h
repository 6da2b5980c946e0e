// SPDX-License-Identifier: Apache-2.0
// cuBLAS, loaded at run time: a machine without it loses one row of results, not the program.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <memory>
#include <string>

#include "derate/work.h"

namespace derate::cuda {

/// "cuBLAS 13.0.2" as loaded, or "cuBLAS" where it cannot be loaded.
[[nodiscard]] std::string cublas_version();

/// A handle on one stream, restricted to the precision of its operands: no TF32 and no emulation,
/// whatever the environment asks for; f64 may use the tensor units that compute in f64.
class Cublas {
 public:
  /// Throws DeviceError when the library is missing or refuses this GPU.
  Cublas(cudaStream_t stream, Precision precision);

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
