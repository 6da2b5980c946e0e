// SPDX-License-Identifier: Apache-2.0
// Stands in for src/backend/cuda/tensor_map.h: a tensor map that says in plain words what the
// driver's encodes, and refuses what that refuses (CUDA Driver API, cuTensorMapEncodeTiled).
#pragma once

#include <cstdint>

#include "derate/error.h"

namespace derate::cuda {

struct TensorMap {
  std::uint16_t* matrix;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t pitch;
  int box_rows;
};

inline constexpr int kBoxColumns = 64;

inline int tensor_maps_encoded = 0;  ///< so far, for tests to see when

inline TensorMap tensor_map(const void* matrix, std::int64_t rows, std::int64_t columns,
                            std::int64_t pitch, int box_rows) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 32;
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(matrix) % 16 == 0 && pitch % 8 == 0;
  const bool is_extent = rows > 0 && rows <= kLargest && columns > 0 && columns <= kLargest;
  if (!is_aligned || !is_extent || box_rows <= 0 || box_rows > 256) {
    throw DeviceError("cuTensorMapEncodeTiled: error 1", false);
  }
  ++tensor_maps_encoded;
  return {static_cast<std::uint16_t*>(const_cast<void*>(matrix)), rows, columns, pitch, box_rows};
}

}  // namespace derate::cuda
