// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name, by the PTX ISA's words. When a bulk copy ends is
// undefined until somebody has waited for it: so one that loads spoils its target at once, which
// shows who still reads there, and writes at the last moment, which shows who reads too early; one
// that stores reads at the last moment, which shows who writes there too early.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <source_location>
#include <utility>

#include "backend/cuda/launch.h"
#include "backend/cuda/number_format.h"
#include "backend/cuda/tensor_map.h"
#include "derate/error.h"
#include "mma_chain/barriers.cuh"

#define DERATE_TENSOR_MAP const cuda::TensorMap

namespace derate::gemm {

using cuda::in_block;
using mma_chain::Barrier;
using mma_chain::Phases;
using mma_chain::phases_of;
using mma_chain::set_up;
using mma_chain::shared_address;
using mma_chain::show_barriers;
using mma_chain::wait_for;

/// A box between a matrix and shared memory, where the swizzle of 128 bytes is one of the address:
/// bits 4 to 6 xor'ed with bits 7 to 9.
struct BoxCopy {
  cuda::TensorMap matrix;
  std::int64_t row;
  std::int64_t column;
  std::byte* shared;
  std::uint32_t address;

  [[nodiscard]] int bytes() const { return matrix.box_rows * 128; }

  template <typename Visit>
  void each(const Visit& visit) const {
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(bytes()) / 2; ++i) {
      const std::uint32_t straight = address + 2 * i;
      const std::uint32_t swizzled = straight ^ (straight >> 7 & 7) << 4;
      const std::int64_t in_row = row + i / cuda::kBoxColumns;
      const std::int64_t in_column = column + i % cuda::kBoxColumns;
      const bool is_inside =
          in_row >= 0 && in_row < matrix.rows && in_column >= 0 && in_column < matrix.columns;
      std::uint16_t* const number =
          is_inside ? matrix.matrix + in_row * matrix.pitch + in_column : nullptr;
      visit(number, shared + (swizzled - address));
    }
  }
  void load() const {
    ++emulation::async_writes;
    each([](const std::uint16_t* number, std::byte* to) {
      const std::uint16_t value = number == nullptr ? std::uint16_t{0} : *number;
      std::memcpy(to, &value, sizeof value);
    });
  }
  void store() const {
    each([](std::uint16_t* number, const std::byte* from) {
      if (number != nullptr) std::memcpy(number, from, sizeof *number);
    });
  }
};

struct ThreadBarrier {
  int there = 0;
  int passes = 0;
};

/// Of the cluster that runs.
struct AsyncState {
  std::int64_t cluster = 0;
  std::map<unsigned, std::deque<BoxCopy>> stores;  // by thread
  std::map<unsigned, int> shown;
  std::map<unsigned, int> shown_at_last_store;
  ThreadBarrier of_cluster;
  std::map<std::pair<unsigned, int>, ThreadBarrier> of_groups;
};
inline AsyncState& async_state() {
  static AsyncState state;
  if (state.cluster != emulation::position().cluster) {
    state = AsyncState{};
    state.cluster = emulation::position().cluster;
  }
  return state;
}

inline unsigned thread_of_cluster(unsigned thread) {
  const auto threads = static_cast<unsigned>(emulation::position().block_extent.count());
  return emulation::position().rank * threads + thread;
}

inline void wait_at(ThreadBarrier& barrier, int threads, const std::source_location& place) {
  const int before = barrier.passes;
  if (++barrier.there == threads) {
    barrier.there = 0;
    ++barrier.passes;
  }
  emulation::wait_until([&barrier, before] { return barrier.passes != before; }, place);
}

inline void sync_cluster(const std::source_location& place = std::source_location::current()) {
  const emulation::Position& position = emulation::position();
  wait_at(async_state().of_cluster,
          static_cast<int>(position.block_extent.count() * position.cluster_blocks), place);
}

inline void sync_group(int barrier, int threads,
                       const std::source_location& place = std::source_location::current()) {
  if (barrier < 1 || barrier > 15 || threads % 32 != 0) throw DeviceError("no such barrier", false);
  wait_at(async_state().of_groups[{emulation::position().rank, barrier}], threads, place);
}

inline void arrive_expecting(Barrier& barrier, int bytes) {
  Phases& phases = phases_of(&barrier);
  phases.bytes += bytes;
  phases.arrive();
}

inline void arrive_in(int rank, Barrier& barrier) {
  phases_of(in_block(static_cast<unsigned>(rank), &barrier)).arrive();
}

inline int boxes_loaded = 0;  ///< so far, for tests to see how many

/// To this block's or another's shared memory.
inline void begin_load(unsigned rank, void* to_shared, const cuda::TensorMap& matrix, int row,
                       int column, Phases& counting) {
  const BoxCopy copy{matrix, row, column, in_block(rank, static_cast<std::byte*>(to_shared)),
                     shared_address(to_shared)};
  if (copy.address % 128 != 0) throw DeviceError("a box does not begin at 128 bytes", false);
  std::memset(copy.shared, 0xFF, static_cast<std::size_t>(copy.bytes()));
  ++emulation::async_writes;
  counting.under_way.push_back([copy](Phases& phases) {
    copy.load();
    phases.bytes -= copy.bytes();
    phases.end_if_complete();
  });
  ++boxes_loaded;
}

inline void load_box_into(std::uint16_t ranks, void* to_shared, const cuda::TensorMap& matrix,
                          int row, int column, Barrier& barrier) {
  for (unsigned rank = 0; ranks >> rank != 0; ++rank) {
    if ((ranks >> rank & 1) == 0) continue;
    begin_load(rank, to_shared, matrix, row, column, phases_of(in_block(rank, &barrier)));
  }
}

inline void load_box(void* to_shared, const cuda::TensorMap& matrix, int row, int column,
                     Barrier& barrier) {
  load_box_into(static_cast<std::uint16_t>(1 << emulation::position().rank), to_shared, matrix, row,
                column, barrier);
}

inline void show_to_copies() { ++async_state().shown[thread_of_cluster(threadIdx.x)]; }

/// What the threads of a warpgroup have stored, all of them must have shown since its last copy.
inline void store_box(const cuda::TensorMap& matrix, int row, int column, const void* from_shared) {
  AsyncState& state = async_state();
  for (unsigned i = 0; i < 128; ++i) {
    const unsigned thread = thread_of_cluster(threadIdx.x / 128 * 128 + i);
    if (state.shown[thread] <=
        std::exchange(state.shown_at_last_store[thread], state.shown[thread])) {
      throw DeviceError("a copy reads shared memory that a thread has not shown", false);
    }
  }
  auto* const shared = static_cast<std::byte*>(const_cast<void*>(from_shared));
  state.stores[thread_of_cluster(threadIdx.x)].push_back(
      {matrix, row, column, shared, shared_address(from_shared)});
}

template <int kNewest>
void wait_for_reads() {
  auto& stores = async_state().stores[thread_of_cluster(threadIdx.x)];
  for (; stores.size() > kNewest; stores.pop_front()) stores.front().store();
}

inline std::uint32_t rounded_to_bf16(float first, float second) {
  using Format = NumberFormat<Precision::bf16>;
  const auto bits = [](float number) {
    return std::isnan(number) ? 0x7FFFu : Format::bits(Format::rounded(number));
  };
  return bits(first) | bits(second) << 16;
}

}  // namespace derate::gemm
