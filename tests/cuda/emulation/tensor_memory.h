// SPDX-License-Identifier: Apache-2.0
// The tensor memory of each block of the running cluster, by the PTX ISA's words on tcgen05: who
// has allocated which columns, which lanes a warp reaches, what is under way, and what is ordered
// before what. Whatever breaks a rule ends the kernel with a DeviceError that says which. What is
// not waited for takes effect at the last moment, so that who reads too early reads NaN.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace derate::emulation {

inline constexpr int kTensorLanes = 128;
inline constexpr int kTensorColumns = 512;

/// So many, the first ones, belong to a block of another program; a test may change it, and puts
/// it back.
inline int columns_held_elsewhere = 0;

/// Columns of one block's tensor memory, all lanes of them.
struct Columns {
  unsigned rank;
  int first;
  int count;

  [[nodiscard]] bool overlap(const Columns& other) const {
    return rank == other.rank && first < other.first + other.count && other.first < first + count;
  }
};

/// A word of a block's tensor memory, as it is now.
[[nodiscard]] std::uint32_t& tensor_word(unsigned rank, int lane, int column);

/// By all threads of a warp alike. `group` is how many blocks share their instructions.
void allocate_columns(int count, std::uint32_t& address, int group = 1);
void end_allocations();
void free_columns(std::uint32_t address, int count);

void fence_before_thread_sync();
void fence_after_thread_sync();

/// By all threads of a warp alike: each its own lane.
void begin_load(std::uint32_t address, std::uint32_t* words, int count);
void end_loads();
void begin_store(std::uint32_t address, std::uint32_t word);
void end_stores();

/// A tensor instruction, by one thread: `perform` is called when it takes effect.
void issue(std::vector<Columns> writes, std::vector<Columns> reads, std::function<void()> perform);
/// Lets all that the running thread has issued up to now take effect, when it is called.
[[nodiscard]] std::function<void()> all_issued();

}  // namespace derate::emulation
