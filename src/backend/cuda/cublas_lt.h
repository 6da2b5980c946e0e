// SPDX-License-Identifier: Apache-2.0
// cuBLASLt, loaded at run time: products on tensor units, by the algorithm that its heuristic puts
// first, and the name of that algorithm.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <memory>
#include <string>

#include "derate/work.h"

namespace derate::cuda {

/// "cuBLASLt 13.0.2" as loaded, or "cuBLASLt" where it cannot be loaded.
[[nodiscard]] std::string cublas_lt_version();

/// "cuBLASLt 13.0.2 is /usr/local/cuda/lib64/libcublasLt.so.13", or why it cannot be used and where
/// it was looked for.
[[nodiscard]] std::string cublas_lt_origin();

/// Whether B is to lie column by column: 8-bit operands must have the depth of either matrix next
/// to each other in memory ("TN" in cuBLAS's words).
[[nodiscard]] constexpr bool wants_column_major_b(Precision operands) {
  return operands == Precision::fp8 || operands == Precision::i8;
}

/// C = A·B for one size: A is m x k and C m x n, row-major; B is k x n, row-major unless
/// wants_column_major_b(). f16 and bf16 have results of their own format, fp8 (e4m3, unscaled) in
/// bf16, tf32 in f32, int8 in int32; sums are f32 or int32 throughout: fp8's without the fast
/// accumulation of Ada and Hopper, whose tensor units keep fewer bits of a sum.
class CublasLt {
 public:
  /// What the heuristic may count on: what NVIDIA recommends for Hopper.
  static constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

  /// Throws DeviceError when the library is missing, refuses this GPU, or has no algorithm.
  CublasLt(Precision operands, int m, int n, int k);

  /// Returns at once; throws DeviceError. `workspace` has kWorkspaceBytes in device memory.
  void multiply(const void* a, const void* b, void* c, void* workspace, cudaStream_t stream) const;

  /// "algorithm 66, tile 128x256, stages 64xauto, split-k 1, cluster 2x1"; of fp8 with ", no fast
  /// accumulation" behind it.
  [[nodiscard]] std::string algorithm() const;

 private:
  struct Destroy {
    void operator()(cublasLtHandle_t handle) const;
    void operator()(cublasLtMatmulDesc_t operation) const;
    void operator()(cublasLtMatrixLayout_t layout) const;
  };
  using Layout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, Destroy>;

  static Layout layout(cudaDataType_t type, int rows, int columns);
  void set_exact_sums();
  void choose(int m, int n, int k);

  Precision operands_;
  std::unique_ptr<cublasLtContext, Destroy> handle_;
  std::unique_ptr<cublasLtMatmulDescOpaque_t, Destroy> operation_;
  Layout a_;
  Layout b_;
  Layout c_;
  cublasLtMatmulAlgo_t algorithm_{};
};

}  // namespace derate::cuda
