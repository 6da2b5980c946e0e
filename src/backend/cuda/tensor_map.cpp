// SPDX-License-Identifier: Apache-2.0
// Encodes tensor maps of bf16 matrices with 128-byte swizzle by cuTensorMapEncodeTiled, which is
// looked up through the runtime.
#include "backend/cuda/tensor_map.h"

#include <cuda_runtime.h>

#include <string>

#include "derate/cuda/check.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

using Encode = decltype(&cuTensorMapEncodeTiled);

/// From the driver, through the runtime: the program starts without a driver, so that it must not
/// be linked to one.
Encode encoder() {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
#if CUDART_VERSION >= 12050
  constexpr unsigned kSince = 12000;
  check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, kSince,
                                         cudaEnableDefault, &found),
        "cudaGetDriverEntryPointByVersion");
#else
  check(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &function, cudaEnableDefault, &found),
        "cudaGetDriverEntryPoint");
#endif
  if (found != cudaDriverEntryPointSuccess || function == nullptr) {
    throw DeviceError("the driver has no cuTensorMapEncodeTiled", false);
  }
  return reinterpret_cast<Encode>(function);
}

}  // namespace

TensorMap tensor_map(const void* matrix, std::int64_t rows, std::int64_t columns,
                     std::int64_t pitch, int box_rows) {
  static const Encode encode = encoder();
  constexpr cuuint64_t kBytes = 2;
  // The innermost extent first, here and below; its own step is one number and not told.
  const cuuint64_t extents[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t steps[] = {static_cast<cuuint64_t>(pitch) * kBytes};
  const cuuint32_t box[] = {kBoxColumns, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t every[] = {1, 1};
  TensorMap map{};
  const CUresult result =
      encode(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, const_cast<void*>(matrix), extents, steps,
             box, every, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
             CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) {
    throw DeviceError("cuTensorMapEncodeTiled: error " + std::to_string(static_cast<int>(result)),
                      false);
  }
  return map;
}

}  // namespace derate::cuda
