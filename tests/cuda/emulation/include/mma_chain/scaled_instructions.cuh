// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what mma.sync with block scales does, by the PTX
// ISA's description of fragments and of scale factors, but for its rounding. Scales are taken from
// the lanes that the instruction reads with thread selectors 0, and decoded from their bytes.
#pragma once

#include <cuda_runtime.h>

#include <array>

#include "mma_chain/fragments.h"
#include "mma_chain/mma_instructions.cuh"
#include "mma_chain/scales.h"
#include "tensor_formats.h"

namespace derate::mma_chain {

/// What a lane shows of its data, and its scales by block.
template <typename T>
struct ScaledLane {
  Lane<2 * T::kPerRegister> data;
  std::array<double, T::kScales> of_a;
  std::array<double, T::kScales> of_b;
};

template <typename T>
void decode_scales(std::uint32_t reg, std::array<double, T::kScales>& scales) {
  for (double& scale : scales) {
    scale = decoded_scale(T{}, reg & 0xFFu);
    reg >>= 8;
  }
}

/// A lane's four products. Neighbours in a register are of one block; register `reg` of a lane
/// begins at depth (lane + 4 · reg) · the elements in a register.
template <typename T>
void multiply_scaled(const ScaledLane<T>* warp, int lane, double (&products)[4]) {
  constexpr int kElements = T::kPerRegister;
  static_assert(T::kDepth / T::kScales % kElements == 0);
  for (int sum = 0; sum < 4; ++sum) {
    const int row = lane / 4;
    const int column = 2 * (lane % 4) + sum % 2;
    const auto& of_a = warp[4 * row + sum / 2].of_a;
    const auto& of_b = warp[4 * column].of_b;
    double product = 0;
    for (int of_four = 0; of_four < 4; ++of_four) {
      const double* const from_a = warp[4 * row + of_four].data.a[sum / 2];
      const double* const from_b = warp[4 * column + of_four].data.b;
      for (int reg = 0; reg < 2; ++reg) {
        const auto block =
            static_cast<std::size_t>((of_four + 4 * reg) * kElements / (T::kDepth / T::kScales));
        double plain = 0;
        for (int i = reg * kElements; i < (reg + 1) * kElements; ++i)
          plain += from_a[i] * from_b[i];
        product += plain * of_a[block] * of_b[block];
      }
    }
    products[sum] = product;
  }
}

/// As the plain step, with which it shares no registers.
template <BlockScaled T>
void step(T, float (&d)[4], const std::uint32_t (&a)[5], const std::uint32_t (&b)[3]) {
  constexpr std::size_t kMostThreads = 1024;
  static std::array<std::array<ScaledLane<T>, kMostThreads>, 2> shown;
  static std::array<bool, kMostThreads> turns;
  const std::size_t thread = threadIdx.x;
  auto& lanes = shown[turns[thread] ? 1 : 0];
  turns[thread] = !turns[thread];
  ScaledLane<T>& own = lanes[thread];
  for (int i = 0; i < 2 * T::kPerRegister; ++i) {
    const int reg = i / T::kPerRegister;
    const int element = i % T::kPerRegister;
    own.data.a[0][i] = element_in<T>(a[2 * reg], element);
    own.data.a[1][i] = element_in<T>(a[2 * reg + 1], element);
    own.data.b[i] = element_in<T>(b[reg], element);
  }
  decode_scales<T>(a[4], own.of_a);
  decode_scales<T>(b[2], own.of_b);
  __syncthreads();
  double products[4];
  multiply_scaled<T>(&lanes[thread / kLanes * kLanes], static_cast<int>(thread % kLanes), products);
  for (int sum = 0; sum < 4; ++sum) {
    d[sum] = static_cast<float>(static_cast<double>(d[sum]) + products[sum]);
  }
}

}  // namespace derate::mma_chain
