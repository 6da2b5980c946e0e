// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name, by the PTX ISA's words. When copies and tensor
// instructions that arrive at a barrier are done is undefined until somebody has waited for it: so
// they take effect at the last moment, which shows who reads too early.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <source_location>
#include <utility>

#include "backend/cuda/launch.h"
#include "derate/error.h"

namespace derate::emulation {
/// How often shared memory may have changed for those who read it by another path than threads.
inline std::int64_t async_writes = 0;
}  // namespace derate::emulation

namespace derate::mma_chain {

struct Barrier {
  std::uint64_t state;
};

/// Addresses keep the alignment that the memory has on the CPU.
inline std::uint32_t shared_address(const void* shared) {
  const auto begin = reinterpret_cast<std::size_t>(cuda::dynamic_shared<std::byte>());
  emulation::shared_memory_begin() = begin - begin % 1024;
  return static_cast<std::uint32_t>(reinterpret_cast<std::size_t>(shared) -
                                    emulation::shared_memory_begin() +
                                    emulation::kFirstSharedAddress);
}

/// What the hardware keeps in a Barrier, and what is under way and arrives at it, in this order.
struct Phases {
  int arrivals = 0;
  int missing = 0;
  std::int64_t bytes = 0;
  int ended = 0;
  std::deque<std::function<void(Phases&)>> under_way;

  void end_if_complete() {
    if (missing > 0 || bytes != 0) return;
    missing = arrivals;
    ++ended;
  }
  void arrive() {
    if (missing == 0) throw DeviceError("more threads arrive at a barrier than it expects", false);
    arrive_late();
  }
  /// Of what is under way, when nobody could be told.
  void arrive_late() {
    if (missing > 0) --missing;
    end_if_complete();
  }
  [[nodiscard]] bool is_over(int parity) const { return (ended & 1) != parity; }
};

/// Of the cluster that runs.
inline std::map<const Barrier*, Phases>& barriers() {
  static std::map<const Barrier*, Phases> all;
  static std::int64_t cluster = 0;
  if (cluster != emulation::position().cluster) all.clear();
  cluster = emulation::position().cluster;
  return all;
}

inline Phases& phases_of(const Barrier* barrier) {
  const auto found = barriers().find(barrier);
  if (found == barriers().end()) {
    throw DeviceError("a barrier is used that nobody set up", false);
  }
  return found->second;
}

inline void set_up(Barrier& barrier, int arrivals) {
  Phases& phases = barriers()[&barrier];
  phases = Phases{};
  phases.arrivals = phases.missing = arrivals;
}

inline void show_barriers() {}

/// What arrives at the barrier ends, one after the other, for as long as the phase does not.
inline void wait_for(Barrier& barrier, int parity,
                     const std::source_location& place = std::source_location::current()) {
  Phases& phases = phases_of(&barrier);
  emulation::wait_until(
      [&phases, parity] {
        while (!phases.is_over(parity) && !phases.under_way.empty()) {
          const auto next = std::move(phases.under_way.front());
          phases.under_way.pop_front();
          next(phases);
        }
        return phases.is_over(parity);
      },
      place);
}

}  // namespace derate::mma_chain
