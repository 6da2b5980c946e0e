// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name, by the PTX ISA's words. When a cp.async ends is
// undefined until it is waited for: so it spoils its target at once, which shows who still reads
// there, and writes at the last moment, which shows who reads too early.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

namespace derate::gemm {

inline constexpr std::size_t kMostThreadsOfTiles = 1024;

struct alignas(16) Chunk {
  std::uint16_t numbers[8];
};

struct ChunkCopy {
  Chunk* to;
  const void* from;  // null for zeros
};

/// Groups of copies under way, of the thread that runs; the last is not ended yet.
inline std::deque<std::vector<ChunkCopy>>& chunk_copies() {
  static std::array<std::deque<std::vector<ChunkCopy>>, kMostThreadsOfTiles> all;
  auto& own = all[threadIdx.x];
  if (own.empty()) own.emplace_back();
  return own;
}

inline void copy_chunk(Chunk* to_shared, const void* from, bool is_inside) {
  // The instruction wants both addresses aligned.
  if (is_inside && reinterpret_cast<std::uintptr_t>(from) % 16 != 0) __builtin_trap();
  std::memset(to_shared, 0xFF, sizeof *to_shared);
  chunk_copies().back().push_back({to_shared, is_inside ? from : nullptr});
}

inline void end_group_of_chunks() { chunk_copies().emplace_back(); }

template <int kNewest>
void wait_for_chunks() {
  auto& groups = chunk_copies();
  while (groups.size() > kNewest + 1) {
    for (const ChunkCopy& copy : groups.front()) {
      std::memset(copy.to, 0, sizeof *copy.to);
      if (copy.from != nullptr) std::memcpy(copy.to, copy.from, sizeof *copy.to);
    }
    groups.pop_front();
  }
}

/// The rows that the lanes of this warp point to, once all have said so. Two sets take turns, so
/// that one barrier is enough.
inline const Chunk* const* rows_of_warp(const Chunk* row_in_shared) {
  static std::array<std::array<const Chunk*, kMostThreadsOfTiles>, 2> shown;
  static std::array<bool, kMostThreadsOfTiles> turns;
  const std::size_t thread = threadIdx.x;
  auto& rows = shown[turns[thread] ? 1 : 0];
  turns[thread] = !turns[thread];
  rows[thread] = row_in_shared;
  __syncthreads();
  return rows.data() + thread / 32 * 32;
}

inline void load_matrices(const Chunk* row_in_shared, std::uint32_t (&matrices)[4]) {
  const Chunk* const* const rows = rows_of_warp(row_in_shared);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    const std::uint16_t* const row = rows[8 * matrix + lane / 4]->numbers;
    matrices[matrix] = row[2 * (lane % 4)] | std::uint32_t{row[2 * (lane % 4) + 1]} << 16;
  }
}

inline void load_transposed(const Chunk* row_in_shared, std::uint32_t (&matrices)[4]) {
  const Chunk* const* const rows = rows_of_warp(row_in_shared);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    const auto at = [&](unsigned row) -> std::uint32_t {
      return rows[8 * matrix + row]->numbers[lane / 4];
    };
    matrices[matrix] = at(2 * (lane % 4)) | at(2 * (lane % 4) + 1) << 16;
  }
}

}  // namespace derate::gemm
