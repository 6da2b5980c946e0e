// SPDX-License-Identifier: Apache-2.0
// Runs a kernel's grid on the CPU: clusters of blocks one after another, the threads of a cluster
// as fibres that change at barriers, and where they wait for each other, only. Between two of these
// each thread runs to the end before the next one starts, in an order that the schedule chooses, so
// that a kernel which relies on threads being interleaved without a barrier computes something
// else.
#pragma once

#include <cstdint>
#include <functional>
#include <source_location>

namespace derate::emulation {

struct Index {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};

struct Extent {
  constexpr Extent(unsigned x_extent = 1,  // NOLINT(google-explicit-constructor): as CUDA's dim3
                   unsigned y_extent = 1, unsigned z_extent = 1)
      : x(x_extent), y(y_extent), z(z_extent) {}
  [[nodiscard]] constexpr std::int64_t count() const {
    return static_cast<std::int64_t>(x) * y * z;
  }

  unsigned x;
  unsigned y;
  unsigned z;
};

/// What every GPU with clusters takes.
inline constexpr unsigned kMostClusterBlocks = 8;

/// Where the running thread is in its grid.
struct Position {
  Index thread;
  Index block;
  Extent block_extent;
  Extent grid_extent;
  unsigned rank = 0;            ///< of the block in its cluster
  unsigned cluster_blocks = 1;  ///< neighbours along x
  std::int64_t cluster = 0;     ///< another number for each that has run
};
[[nodiscard]] Position& position();

/// The order in which blocks, and between two barriers threads, run.
enum class Order { forward, reverse, shuffled };
struct Schedule {
  Order order = Order::forward;
  std::uint32_t seed = 0;  ///< of the shuffled order
};

/// Runs `thread` once for every thread of the grid. Throws DeviceError for a grid that no GPU
/// takes, where a barrier is not reached by all threads of a block, and where threads wait for
/// what never comes.
void run_grid(const Extent& grid, const Extent& block, const Schedule& schedule,
              const std::function<void()>& thread, unsigned cluster_blocks = 1);

/// Suspends the running thread until all threads of its block have come here.
void wait_at_barrier(const std::source_location& place);

/// Suspends the running thread until `is_over` returns true; it is asked again and again, between
/// the turns of the threads.
void wait_until(const std::function<bool()>& is_over, const std::source_location& place);

/// Calls `check`, which may throw, once all threads of the running cluster have ended.
void at_end_of_cluster(std::function<void()> check);

/// Whether all threads of a block of the running cluster have ended.
[[nodiscard]] bool has_ended(unsigned rank);

}  // namespace derate::emulation
