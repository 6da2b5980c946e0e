// SPDX-License-Identifier: Apache-2.0
// What the emulation knows of the tensor memory of a cluster (tensor_memory.h). Times are the
// numbers of what has happened in it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "tensor_memory.h"

namespace derate::emulation::tensor_memory {

constexpr std::uint32_t kNothing = 0xFFFFFFFF;  // NaN

/// The last thread that has loaded or stored a column, and the last one but it.
struct Touched {
  int thread = -1;
  std::int64_t time = 0;
  std::int64_t time_of_others = 0;

  void by(int toucher, std::int64_t now) {
    if (toucher != thread) time_of_others = time;
    thread = toucher;
    time = now;
  }
  [[nodiscard]] std::int64_t by_others_than(int one) const {
    return thread == one ? time_of_others : time;
  }
};

struct Memory {
  std::vector<std::uint32_t> words =
      std::vector<std::uint32_t>(std::size_t{kTensorLanes} * kTensorColumns, kNothing);
  std::map<int, int> allocated;                        // how many columns, by the first
  std::array<std::int64_t, kTensorColumns> written{};  // when, by a tensor instruction
  std::array<Touched, kTensorColumns> touched;
  int warp = -1;  // that allocates
  int last_count = kTensorColumns;
  bool is_ended = false;

  [[nodiscard]] bool has(int first, int count) const {
    return std::any_of(allocated.begin(), allocated.end(), [&](const auto& one) {
      return one.first <= first && first + count <= one.first + one.second;
    });
  }
};

struct Instruction {
  int thread;           // that has issued it
  std::int64_t number;  // of all
  std::vector<Columns> writes;
  std::vector<Columns> reads;
  std::function<void()> perform;

  [[nodiscard]] bool uses(const Columns& columns) const {
    const auto overlaps = [&](const Columns& own) { return own.overlap(columns); };
    return std::any_of(writes.begin(), writes.end(), overlaps) ||
           std::any_of(reads.begin(), reads.end(), overlaps);
  }
};

struct Access {
  Columns columns;
  int lane;
  std::uint32_t* words;  // of a load
  std::uint32_t word;    // of a store
};

/// What a whole warp executes together, with its operand.
struct Together {
  const char* name;
  std::uint32_t operand;
};

struct Thread {
  std::vector<Access> loads;
  std::vector<Access> stores;
  std::vector<Columns> unfenced;  // touched since the last fence before a barrier
  std::int64_t fenced_after = 0;
  std::size_t together = 0;  // instructions of its whole warp
};

struct Cluster {
  std::int64_t number = 0;
  std::int64_t time = 0;
  std::vector<Memory> memories;  // by rank
  std::vector<Thread> threads;
  std::list<Instruction> issued;  // and not done
  std::int64_t issued_ever = 0;
  std::map<std::pair<unsigned, int>, std::vector<Together>> of_warps;
};

}  // namespace derate::emulation::tensor_memory
