// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what mma.sync does, by the PTX ISA's description
// of the fragments, but for its rounding.
#pragma once

#include <cuda_runtime.h>

#include <array>

#include "mma_chain/fragments.h"
#include "tensor_formats.h"

namespace derate::mma_chain {

template <typename T>
void show(const typename T::Register* registers, int count, double* elements) {
  for (int reg = 0; reg < count; ++reg) {
    for (int i = 0; i < T::kPerRegister; ++i) *elements++ = element_in<T>(registers[reg], i);
  }
}

/// Each lane shows its registers, waits for the others of the block, and takes from those which
/// hold its rows of A and columns of B. Two sets of registers take turns, so that one barrier is
/// enough: a lane cannot write what another still reads.
template <typename T, int kA, int kB>
void step(T, typename T::Sum (&d)[4], const typename T::Register (&a)[kA],
          const typename T::Register (&b)[kB]) {
  constexpr std::size_t kMostThreads = 1024;
  struct Lane {
    std::array<double, kA * T::kPerRegister> a;
    std::array<double, kB * T::kPerRegister> b;
  };
  static std::array<std::array<Lane, kMostThreads>, 2> shown;
  static std::array<bool, kMostThreads> turns;
  const std::size_t thread = threadIdx.x;
  auto& lanes = shown[turns[thread] ? 1 : 0];
  turns[thread] = !turns[thread];
  show<T>(a, kA, lanes[thread].a.data());
  show<T>(b, kB, lanes[thread].b.data());
  __syncthreads();
  const std::size_t warp = thread / kLanes * kLanes;
  const std::size_t group = thread % kLanes / 4;
  for (std::size_t sum = 0; sum < 4; ++sum) {
    // Rows of A are four lanes each, columns of B likewise; the lower eight rows are in the odd
    // registers, the right one of two columns in the odd sums.
    const Lane* const rows = &lanes[warp + 4 * group];
    const Lane* const columns = &lanes[warp + 4 * (2 * (thread % 4) + sum % 2)];
    double product = 0;
    for (std::size_t lane = 0; lane < 4; ++lane) {
      for (std::size_t reg = 0; reg < kB; ++reg) {
        const double* const from_a = rows[lane].a.data() + (2 * reg + sum / 2) * T::kPerRegister;
        const double* const from_b = columns[lane].b.data() + reg * T::kPerRegister;
        for (std::size_t i = 0; i < T::kPerRegister; ++i) product += from_a[i] * from_b[i];
      }
    }
    d[sum] = static_cast<typename T::Sum>(static_cast<double>(d[sum]) + product);
  }
}

}  // namespace derate::mma_chain
