// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what wgmma does, by the PTX ISA's description of
// its descriptors and fragments, but for its rounding and for being asynchronous.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include "mma_chain/formats.h"
#include "tensor_formats.h"

#define DERATE_HAS_WGMMA

namespace derate::mma_chain {

inline void wgmma_fence() {}
inline void wgmma_commit() {}
inline void wgmma_wait() {}

/// Products of tiles, by thread and descriptors; what shared memory held at the last fence.
template <typename T>
auto& products() {
  static std::array<std::map<std::pair<std::uint64_t, std::uint64_t>, std::array<double, 128>>, 256>
      all;
  return all;
}

inline void fence_for_tensor_units() {
  products<F16>()[threadIdx.x].clear();
  products<Bf16>()[threadIdx.x].clear();
  products<Tf32>()[threadIdx.x].clear();
  products<E4m3>()[threadIdx.x].clear();
  products<S8>()[threadIdx.x].clear();
}

/// Element (row, depth) of an operand without a swizzle: eight rows of 16 bytes lie together; the
/// descriptor has the address and the way to the next 16 bytes of depth and to the next eight rows.
template <typename T>
double element_at(std::uint64_t descriptor, int row, int depth) {
  constexpr int kBytes = 32 / T::kDepth;
  const auto field = [&](int first) { return static_cast<int>(descriptor >> first & 0x3FFF) * 16; };
  const int address = field(0) + depth * kBytes / 16 * field(16) + row / 8 * field(32) +
                      row % 8 * 16 + depth * kBytes % 16;
  std::uint32_t bits = 0;
  std::memcpy(&bits, emulation::shared_memory(static_cast<std::size_t>(address)), kBytes);
  return element_in<T>(bits, 0);
}

template <typename T>
void wgmma(T, typename T::Sum (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  const int thread = static_cast<int>(threadIdx.x) % 128;
  auto [found, is_new] = products<T>()[threadIdx.x].try_emplace({a, b});
  for (int sum = 0; is_new && sum < 128; ++sum) {
    // A warp has 16 rows, a lane two of them eight apart, and of eight columns two next to each
    // other.
    const int row = thread / 32 * 16 + thread % 32 / 4 + sum / 2 % 2 * 8;
    const int column = sum / 4 * 8 + thread % 4 * 2 + sum % 2;
    double& product = found->second[static_cast<std::size_t>(sum)];
    for (int depth = 0; depth < T::kDepth; ++depth) {
      product += element_at<T>(a, row, depth) * element_at<T>(b, column, depth);
    }
  }
  for (std::size_t sum = 0; sum < 128; ++sum) {
    const double before = add ? static_cast<double>(d[sum]) : 0;
    d[sum] = static_cast<typename T::Sum>(before + found->second[sum]);
  }
}

}  // namespace derate::mma_chain
