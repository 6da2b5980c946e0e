// SPDX-License-Identifier: Apache-2.0
// Stands in for kernels/memory/loads.cuh: loads are loads.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

namespace derate::memory {

inline uint4 load_l1(const uint4* address) { return *address; }
inline uint4 load_l2(const uint4* address) { return *address; }
inline uint4 load_shared(std::uint32_t address) {
  uint4 x;
  std::memcpy(&x, emulation::shared_memory(address), sizeof x);
  return x;
}

inline std::uint64_t load_word_l1(std::uint64_t address) {
  return *reinterpret_cast<const std::uint64_t*>(address);
}
inline std::uint64_t load_word_l2(std::uint64_t address) { return load_word_l1(address); }
inline std::uint32_t load_word_shared(std::uint32_t address) {
  std::uint32_t x = 0;
  std::memcpy(&x, emulation::shared_memory(address), sizeof x);
  return x;
}

}  // namespace derate::memory
