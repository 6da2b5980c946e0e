// SPDX-License-Identifier: Apache-2.0
// What the bulk copies of Hopper (TMA) are told of a matrix in global memory.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace derate::cuda {

using TensorMap = CUtensorMap;

/// Numbers in a row of a box: 128 bytes, the width of the swizzle.
inline constexpr int kBoxColumns = 64;

/// A row-major matrix of 16-bit numbers, whose rows begin `pitch` numbers apart. It is copied in
/// boxes of `box_rows` rows, which lie one after the other in shared memory, the 16-byte chunks of
/// each xor'ed in their place with the row's number modulo 8. What a box has beyond the matrix is
/// zero when it is read and stays as it is when it is written.
///
/// Throws DeviceError when the driver has no such copies, or not of such a matrix: its address and
/// rows begin at multiples of 16 bytes.
[[nodiscard]] TensorMap tensor_map(const void* matrix, std::int64_t rows, std::int64_t columns,
                                   std::int64_t pitch, int box_rows);

}  // namespace derate::cuda
