// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what mma.sync does, by the PTX ISA's description
// of the fragments, but for its rounding.
#pragma once

#include <cuda_runtime.h>

#include <array>

#include "mma_chain/fragments.h"
#include "tensor_formats.h"

namespace derate::mma_chain {

/// What a lane shows, as far as it goes into products: of A the upper and the lower rows' elements,
/// of B the column's.
template <int kElements>
struct Lane {
  double a[2][kElements];
  double b[kElements];
};

/// A lane's four products, of the lanes that hold its rows of A and its columns of B.
template <int kElements>
void multiply(const Lane<kElements>* rows, const Lane<kElements>* columns, double (&products)[4]) {
  for (int sum = 0; sum < 4; ++sum) {
    // Columns of B are four lanes each, as rows of A are; the lower eight rows are those of the
    // last two sums, the right one of two columns is that of the odd sums.
    double product = 0;
    for (int lane = 0; lane < 4; ++lane) {
      const double* const from_a = rows[lane].a[sum / 2];
      const double* const from_b = columns[4 * (sum % 2) + lane].b;
      for (int i = 0; i < kElements; ++i) product += from_a[i] * from_b[i];
    }
    products[sum] = product;
  }
}

/// Each lane shows its registers, waits for the others of the block, and takes from those which
/// hold its rows of A and columns of B. Two sets of registers take turns, so that one barrier is
/// enough: a lane cannot write what another still reads.
template <typename T, int kA, int kB>
void step(T, typename T::Sum (&d)[4], const typename T::Register (&a)[kA],
          const typename T::Register (&b)[kB]) {
  static_assert(kA == 2 * kB);
  constexpr std::size_t kMostThreads = 1024;
  using Shown = Lane<kB * T::kPerRegister>;
  static std::array<std::array<Shown, kMostThreads>, 2> shown;
  static std::array<bool, kMostThreads> turns;
  const std::size_t thread = threadIdx.x;
  auto& lanes = shown[turns[thread] ? 1 : 0];
  turns[thread] = !turns[thread];
  Shown& own = lanes[thread];
  for (int reg = 0; reg < kB; ++reg) {
    for (int i = 0; i < T::kPerRegister; ++i) {
      const int element = reg * T::kPerRegister + i;
      // The lower eight rows are in the odd registers.
      own.a[0][element] = element_in<T>(a[2 * reg], i);
      own.a[1][element] = element_in<T>(a[2 * reg + 1], i);
      own.b[element] = element_in<T>(b[reg], i);
    }
  }
  __syncthreads();
  const std::size_t warp = thread / kLanes * kLanes;
  const std::size_t group = thread % kLanes / 4;
  double products[4];
  multiply(&lanes[warp + 4 * group], &lanes[warp + 4 * (2 * (thread % 4))], products);
  for (int sum = 0; sum < 4; ++sum) {
    d[sum] = static_cast<typename T::Sum>(static_cast<double>(d[sum]) + products[sum]);
  }
}

}  // namespace derate::mma_chain
