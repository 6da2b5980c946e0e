// SPDX-License-Identifier: Apache-2.0
// Stands in for src/backend/cuda/arithmetic.h: the same functions in plain C++, to the same last
// bit.
#pragma once

#include <cuda_runtime.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "small_float.h"

namespace derate::cuda {

inline std::uint32_t fma_f16x2(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  return emulation::F16::multiply_add_two(x, a, b);
}

inline std::uint32_t fma_bf16x2(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  return emulation::Bf16::multiply_add_two(x, a, b);
}

inline std::uint64_t fma_f32x2(std::uint64_t x, std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  for (const int shift : {0, 32}) {
    const auto number = [shift](std::uint64_t two) {
      return std::bit_cast<float>(static_cast<std::uint32_t>(two >> shift));
    };
    const float one = std::fma(number(x), number(a), number(b));
    result |= static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(one)) << shift;
  }
  return result;
}

inline std::uint32_t dp4a(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  for (int shift = 0; shift < 32; shift += 8) {
    const int product = static_cast<std::int8_t>(x >> shift) * static_cast<std::int8_t>(a >> shift);
    b += static_cast<std::uint32_t>(product);
  }
  return b;
}

}  // namespace derate::cuda
