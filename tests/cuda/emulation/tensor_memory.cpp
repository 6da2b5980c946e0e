// SPDX-License-Identifier: Apache-2.0
// The rules of tensor memory. Times are the numbers of what has happened in it: a fence after a
// barrier remembers the last one, and what is younger than a thread's last such fence it has not
// been ordered after.
#include "tensor_memory.h"

#include <algorithm>
#include <bit>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "derate/error.h"
#include "fibers.h"
#include "tensor_memory_state.h"

namespace derate::emulation {
namespace {

using namespace tensor_memory;

constexpr int kWarp = 32;

[[noreturn]] void refuse(const std::string& why) { throw DeviceError(why, false); }

/// Throws unless it holds.
void demand(bool holds, const char* otherwise) {
  if (!holds) refuse(otherwise);
}

int threads_of_block() { return static_cast<int>(position().block_extent.count()); }

void check_end();

Cluster& cluster() {
  static Cluster state;
  if (state.number != position().cluster) {
    state = Cluster{};
    state.number = position().cluster;
    state.memories.resize(position().cluster_blocks);
    state.threads.resize(position().cluster_blocks * static_cast<std::size_t>(threads_of_block()));
    at_end_of_cluster(check_end);
  }
  return state;
}

int own_number() {
  return static_cast<int>(position().rank) * threads_of_block() +
         static_cast<int>(position().thread.x);
}
Thread& own_thread() { return cluster().threads[static_cast<std::size_t>(own_number())]; }
Memory& own_memory() { return cluster().memories[position().rank]; }
int own_warp() { return static_cast<int>(position().thread.x) / kWarp; }

/// All threads of a warp execute such instructions together; true for the first that comes.
bool comes_first(const char* name, std::uint32_t operand) {
  std::vector<Together>& all = cluster().of_warps[{position().rank, own_warp()}];
  const std::size_t place = own_thread().together++;
  if (place == all.size()) {
    all.push_back({name, operand});
    return true;
  }
  if (std::string_view(all[place].name) != name || all[place].operand != operand) {
    refuse("threads of a warp execute different instructions: " + std::string(all[place].name) +
           " and " + name);
  }
  return false;
}

void check_end() {
  const Cluster& all = cluster();
  for (std::size_t i = 0; i < all.threads.size(); ++i) {
    const Thread& thread = all.threads[i];
    demand(thread.loads.empty() && thread.stores.empty(),
           "a thread ends that has not waited for its loads or stores of tensor memory");
    const std::size_t in_block = i % static_cast<std::size_t>(threads_of_block());
    const Thread& first = all.threads[i - in_block % kWarp];
    demand(thread.together == first.together,
           "not all threads of a warp have executed an instruction of the whole warp");
  }
  for (const Memory& memory : all.memories) {
    demand(memory.allocated.empty(), "a block ends and has not freed its tensor memory");
    demand(memory.warp < 0 || memory.is_ended,
           "a block ends and has not given up the right to allocate tensor memory");
  }
}

std::string text(const Columns& columns) {
  return "columns " + std::to_string(columns.first) + " to " +
         std::to_string(columns.first + columns.count - 1);
}

Columns checked(const Columns& columns) {
  if (!cluster().memories.at(columns.rank).has(columns.first, columns.count)) {
    refuse(text(columns) + " of tensor memory are used, and not all of them are allocated");
  }
  return columns;
}

/// Those from `address` on, whose lane has to be the first that the warp reaches.
Columns reached(std::uint32_t address, int count) {
  const int lane = static_cast<int>(address >> 16);
  if (lane != own_warp() % 4 * kWarp) {
    refuse("warp " + std::to_string(own_warp()) + " reaches 32 lanes of tensor memory from " +
           std::to_string(own_warp() % 4 * kWarp) + " on, not from " + std::to_string(lane));
  }
  return checked({position().rank, static_cast<int>(address & 0xFFFF), count});
}

bool is_under_way(const Columns& columns) {
  const auto& issued = cluster().issued;
  return std::any_of(issued.begin(), issued.end(),
                     [&](const Instruction& one) { return one.uses(columns); });
}

bool is_accessed(const std::vector<Access>& accesses, const Columns& columns) {
  return std::any_of(accesses.begin(), accesses.end(),
                     [&](const Access& one) { return one.columns.overlap(columns); });
}

void touch(const Columns& columns) {
  const std::int64_t now = ++cluster().time;
  for (int i = 0; i < columns.count; ++i) {
    own_memory().touched[static_cast<std::size_t>(columns.first + i)].by(own_number(), now);
  }
  own_thread().unfenced.push_back(columns);
}

/// That other threads are done with them, and that it is ordered after what they did.
void demand_turn(const Columns& columns) {
  Cluster& all = cluster();
  for (std::size_t i = 0; i < all.threads.size(); ++i) {
    if (static_cast<int>(i) == own_number()) continue;
    const Thread& other = all.threads[i];
    demand(!is_accessed(other.loads, columns) && !is_accessed(other.stores, columns),
           "a tensor instruction uses columns that another thread loads or stores and has not "
           "waited for");
    const bool fenced =
        std::none_of(other.unfenced.begin(), other.unfenced.end(),
                     [&](const Columns& touched) { return touched.overlap(columns); });
    demand(fenced,
           "a tensor instruction uses columns that another thread has loaded or stored "
           "without tcgen05.fence::before_thread_sync");
  }
  const Memory& memory = all.memories[columns.rank];
  for (int i = 0; i < columns.count; ++i) {
    const Touched& touched = memory.touched[static_cast<std::size_t>(columns.first + i)];
    demand(touched.by_others_than(own_number()) <= own_thread().fenced_after,
           "a tensor instruction uses columns that another thread has loaded or stored, without "
           "tcgen05.fence::after_thread_sync");
  }
}

/// The last place for `count` columns that are free; -1 for none.
int free_place(const Memory& memory, int count) {
  for (int first = kTensorColumns - count; first >= columns_held_elsewhere; first -= kWarp) {
    const bool is_free =
        std::none_of(memory.allocated.begin(), memory.allocated.end(), [&](const auto& one) {
          return one.first < first + count && first < one.first + one.second;
        });
    if (is_free) return first;
  }
  return -1;
}

}  // namespace

std::uint32_t& tensor_word(unsigned rank, int lane, int column) {
  return cluster().memories.at(rank).words.at(
      static_cast<std::size_t>(lane * kTensorColumns + column));
}

void allocate_columns(int count, std::uint32_t& address, int group) {
  if (!comes_first("alloc", static_cast<std::uint32_t>(count))) return;
  Memory& memory = own_memory();
  if (count < 32 || count > kTensorColumns || !std::has_single_bit(unsigned(count))) {
    refuse("tensor memory has no " + std::to_string(count) + " columns to allocate at once");
  }
  demand(!memory.is_ended, "a block allocates after it has given up the right to");
  demand(count <= memory.last_count, "a block allocates more columns than the time before");
  demand(position().cluster_blocks % static_cast<unsigned>(group) == 0,
         "blocks without a peer share instructions");
  wait_until([&memory, count] { return free_place(memory, count) >= 0; },
             std::source_location::current());
  const int first = free_place(memory, count);
  memory.allocated[first] = count;
  memory.warp = own_warp();
  memory.last_count = count;
  for (int lane = 0; lane < kTensorLanes; ++lane) {
    std::fill_n(&tensor_word(position().rank, lane, first), count, kNothing);
  }
  address = static_cast<std::uint32_t>(first);
}

void end_allocations() {
  if (!comes_first("relinquish_alloc_permit", 0)) return;
  own_memory().is_ended = true;
}

void free_columns(std::uint32_t address, int count) {
  if (!comes_first("dealloc", static_cast<std::uint32_t>(count))) return;
  Memory& memory = own_memory();
  const Columns columns{position().rank, static_cast<int>(address), count};
  const auto found = memory.allocated.find(columns.first);
  if (found == memory.allocated.end() || found->second != count) {
    refuse(text(columns) + " of tensor memory are freed, and were not allocated so");
  }
  demand(memory.warp == own_warp(), "another warp frees tensor memory than has allocated it");
  bool is_used = is_under_way(columns);
  for (const Thread& thread : cluster().threads) {
    is_used = is_used || is_accessed(thread.loads, columns) || is_accessed(thread.stores, columns);
  }
  if (is_used) refuse(text(columns) + " of tensor memory are freed while they are in use");
  memory.allocated.erase(found);
}

void fence_before_thread_sync() { own_thread().unfenced.clear(); }
void fence_after_thread_sync() { own_thread().fenced_after = cluster().time; }

void begin_load(std::uint32_t address, std::uint32_t* words, int count) {
  comes_first("ld", address);
  const Columns columns = reached(address, count);
  if (is_under_way(columns)) {
    refuse(text(columns) + " are loaded while a tensor instruction that uses them is under way");
  }
  for (int i = 0; i < count; ++i) {
    demand(own_memory().written[static_cast<std::size_t>(columns.first + i)] <=
               own_thread().fenced_after,
           "results of a tensor instruction are loaded without tcgen05.fence::after_thread_sync");
    words[i] = kNothing;
  }
  const int lane = static_cast<int>(position().thread.x) % kTensorLanes;
  own_thread().loads.push_back({columns, lane, words, 0});
}

void end_loads() {
  for (const Access& load : own_thread().loads) {
    checked(load.columns);
    std::copy_n(&tensor_word(load.columns.rank, load.lane, load.columns.first), load.columns.count,
                load.words);
    touch(load.columns);
  }
  own_thread().loads.clear();
}

void begin_store(std::uint32_t address, std::uint32_t word) {
  comes_first("st", address);
  const Columns columns = reached(address, 1);
  if (is_under_way(columns)) {
    refuse(text(columns) + " are stored while a tensor instruction that uses them is under way");
  }
  const int lane = static_cast<int>(position().thread.x) % kTensorLanes;
  own_thread().stores.push_back({columns, lane, nullptr, word});
}

void end_stores() {
  for (const Access& store : own_thread().stores) {
    tensor_word(store.columns.rank, store.lane, checked(store.columns).first) = store.word;
    touch(store.columns);
  }
  own_thread().stores.clear();
}

void issue(std::vector<Columns> writes, std::vector<Columns> reads, std::function<void()> perform) {
  for (const auto* const all : {&writes, &reads}) {
    for (const Columns& columns : *all) demand_turn(checked(columns));
  }
  cluster().issued.push_back({own_number(), ++cluster().issued_ever, std::move(writes),
                              std::move(reads), std::move(perform)});
}

std::function<void()> all_issued() {
  Cluster& all = cluster();
  const int thread = own_number();
  const std::int64_t last = all.issued_ever;
  return [&all, thread, last] {
    for (auto one = all.issued.begin(); one != all.issued.end();) {
      if (one->thread != thread || one->number > last) {
        ++one;
        continue;
      }
      one->perform();
      const std::int64_t now = ++all.time;
      for (const Columns& columns : one->writes) {
        for (int i = 0; i < columns.count; ++i) {
          all.memories[columns.rank].written[static_cast<std::size_t>(columns.first + i)] = now;
        }
      }
      one = all.issued.erase(one);
    }
  };
}

}  // namespace derate::emulation
