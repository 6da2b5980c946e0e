// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name, by the PTX ISA's description of cp.async: when a
// copy ends is undefined until it is waited for. So it spoils its target at once, which shows who
// still reads there, and writes at the last moment, which shows who reads too early.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <limits>
#include <vector>

#define DERATE_HAS_CP_ASYNC

namespace derate::gemm {

struct Copy {
  float* to;
  const float* from;  // null for zeros
  int floats;
};

/// Groups of copies under way, of the thread that runs; the last is not committed yet.
inline std::deque<std::vector<Copy>>& copies() {
  constexpr std::size_t kMostThreads = 1024;
  static std::array<std::deque<std::vector<Copy>>, kMostThreads> all;
  auto& own = all[threadIdx.x];
  if (own.empty()) own.emplace_back();
  return own;
}

inline int copies_begun = 0;  ///< so far, for tests to see how many

inline void begin_copy(const Copy& copy) {
  for (int i = 0; i < copy.floats; ++i) copy.to[i] = std::numeric_limits<float>::quiet_NaN();
  copies().back().push_back(copy);
  ++copies_begun;
}

inline void end_copy(const Copy& copy) {
  for (int i = 0; i < copy.floats; ++i) copy.to[i] = copy.from == nullptr ? 0 : copy.from[i];
}

/// Through the type that has the alignment, so that UBSan sees an address without it.
inline void copy_4_floats_if(bool is_wanted, float* to_shared, const float* from) {
  if (!is_wanted) return;
  begin_copy(
      {&reinterpret_cast<float4*>(to_shared)->x, &reinterpret_cast<const float4*>(from)->x, 4});
}

inline void copy_4_floats_or_zeros(float* to_shared, const float* from, bool is_inside) {
  begin_copy({&reinterpret_cast<float4*>(to_shared)->x,
              is_inside ? &reinterpret_cast<const float4*>(from)->x : nullptr, 4});
}

inline void copy_float_if(bool is_wanted, float* to_shared, const float* from) {
  if (is_wanted) begin_copy({to_shared, from, 1});
}

inline void copy_float_or_zero(float* to_shared, const float* from, bool is_inside) {
  begin_copy({to_shared, is_inside ? from : nullptr, 1});
}

inline void commit_copies() { copies().emplace_back(); }

template <int kNewest>
void wait_for_copies() {
  auto& groups = copies();
  while (groups.size() > kNewest + 1U) {
    for (const Copy& copy : groups.front()) end_copy(copy);
    groups.pop_front();
  }
}

}  // namespace derate::gemm
