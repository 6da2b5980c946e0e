// SPDX-License-Identifier: Apache-2.0
#include "fibers.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "derate/error.h"

namespace derate::emulation {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

/// Thrown into the threads that wait at a barrier which the others never reach, to end them.
struct Abandoned {};

/// A fibre's stack, used again for the next block's thread.
struct Stack {
  std::unique_ptr<std::byte[]> memory{new std::byte[kStackBytes]};
};

/// Boost's allocator concept over a stack that somebody else owns.
struct BorrowedStack {
  std::byte* memory;
  boost::context::stack_context allocate() const {
    // What the previous fibre left in the sanitizer's shadow would be taken for this one's.
    __asan_unpoison_memory_region(memory, kStackBytes);
    boost::context::stack_context context;
    context.size = kStackBytes;
    context.sp = memory + kStackBytes;
    return context;
  }
  void deallocate(boost::context::stack_context&) const noexcept {}
};

/// One thread of a cluster. AddressSanitizer has to be told of each change of the stack.
class Thread {
 public:
  Thread(unsigned rank, const Index& index, Stack& stack, const std::function<void()>& body)
      : rank_(rank), index_(index), stack_(stack.memory.get()), body_(&body) {
    fiber_ = boost::context::fiber(
        std::allocator_arg, BorrowedStack{stack_},
        [this](boost::context::fiber&& scheduler) { return run(std::move(scheduler)); });
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  [[nodiscard]] unsigned rank() const { return rank_; }
  [[nodiscard]] const Index& index() const { return index_; }
  [[nodiscard]] bool finished() const { return finished_; }
  /// Where it waits, and for what; a barrier of the block is for the scheduler to open.
  [[nodiscard]] const std::source_location& place() const { return place_; }
  [[nodiscard]] bool is_at_barrier() const { return !finished_ && is_at_barrier_; }
  [[nodiscard]] const std::exception_ptr& error() const { return error_; }
  void abandon() { abandoned_ = true; }
  void open_barrier() { is_at_barrier_ = false; }

  [[nodiscard]] bool can_go_on() const {
    if (abandoned_) return true;
    return !is_at_barrier_ && (is_over_ == nullptr || (*is_over_)());
  }

  /// From the scheduler: runs the thread to where it waits next or to its end.
  void resume() {
    void* scheduler_frames = nullptr;
    __sanitizer_start_switch_fiber(&scheduler_frames, stack_, kStackBytes);
    fiber_ = std::move(fiber_).resume();
    __sanitizer_finish_switch_fiber(scheduler_frames, nullptr, nullptr);
  }

  /// From the thread: back to the scheduler, until it resumes this thread. A wait for nothing is
  /// one at the barrier of the block.
  void wait(const std::function<bool()>* is_over, const std::source_location& place) {
    place_ = place;
    is_over_ = is_over;
    is_at_barrier_ = is_over == nullptr;
    void* frames = nullptr;
    __sanitizer_start_switch_fiber(&frames, scheduler_stack_, scheduler_stack_bytes_);
    scheduler_ = std::move(scheduler_).resume();
    __sanitizer_finish_switch_fiber(frames, &scheduler_stack_, &scheduler_stack_bytes_);
    if (abandoned_) throw Abandoned{};
  }

 private:
  boost::context::fiber run(boost::context::fiber&& scheduler) {
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack_, &scheduler_stack_bytes_);
    scheduler_ = std::move(scheduler);
    try {
      if (!abandoned_) (*body_)();  // else it has never run
    } catch (const Abandoned&) {
    } catch (...) {  // an exception must not leave its stack
      error_ = std::current_exception();
    }
    finished_ = true;
    __sanitizer_start_switch_fiber(nullptr, scheduler_stack_, scheduler_stack_bytes_);
    return std::move(scheduler_);
  }

  unsigned rank_;
  Index index_;
  std::byte* stack_;
  const std::function<void()>* body_;
  boost::context::fiber fiber_;
  boost::context::fiber scheduler_;
  const void* scheduler_stack_ = nullptr;
  std::size_t scheduler_stack_bytes_ = 0;
  std::source_location place_;
  const std::function<bool()>* is_over_ = nullptr;
  bool is_at_barrier_ = false;
  std::exception_ptr error_;
  bool finished_ = false;
  bool abandoned_ = false;
};

Thread*& running() {
  static Thread* thread = nullptr;
  return thread;
}

/// The numbers 0 to count - 1 in the schedule's order, another one for each call when shuffled.
std::vector<std::int64_t> ordered(std::int64_t count, Order order, std::mt19937& random) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  if (order == Order::reverse) std::reverse(numbers.begin(), numbers.end());
  if (order == Order::shuffled) std::shuffle(numbers.begin(), numbers.end(), random);
  return numbers;
}

Index index_in(const Extent& extent, std::int64_t number) {
  return {static_cast<unsigned>(number % extent.x),
          static_cast<unsigned>(number / extent.x % extent.y),
          static_cast<unsigned>(number / extent.x / extent.y)};
}

std::string text(const std::source_location& place) {
  return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

class Cluster {
 public:
  /// `first` is the number of its first block in the grid.
  Cluster(std::int64_t first, std::vector<Stack>& stacks, const std::function<void()>& body,
          const Schedule& schedule, std::mt19937& random)
      : first_(first), schedule_(schedule), random_(random) {
    const auto threads = static_cast<std::size_t>(position().block_extent.count());
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      threads_.push_back(std::make_unique<Thread>(
          static_cast<unsigned>(i / threads),
          index_in(position().block_extent, static_cast<std::int64_t>(i % threads)), stacks[i],
          body));
    }
  }

  void run() {
    while (!std::all_of(threads_.begin(), threads_.end(), is_finished)) {
      const std::optional<std::string> wrong = advance();
      if (!wrong) continue;
      for (const auto& thread : threads_) thread->abandon();
      for (unsigned rank = 0; rank < position().cluster_blocks; ++rank) resume_all(rank);
      throw DeviceError(*wrong, false);
    }
  }

  [[nodiscard]] bool has_ended(unsigned rank) const {
    return std::all_of(threads_.begin(), threads_.end(), [rank](const auto& thread) {
      return thread->rank() != rank || thread->finished();
    });
  }

 private:
  static bool is_finished(const std::unique_ptr<Thread>& thread) { return thread->finished(); }

  /// One turn of the first block, in the schedule's order, in which a thread can go on: so one may
  /// be as far ahead of the others as it can. Returns what is wrong, if something is.
  [[nodiscard]] std::optional<std::string> advance() {
    for (const std::int64_t number : ordered(position().cluster_blocks, schedule_.order, random_)) {
      const auto rank = static_cast<unsigned>(number);
      const bool moved = resume_all(rank);
      std::optional<std::string> wrong = thrown();
      if (!wrong) wrong = diverged(rank);
      if (wrong || open_barrier(rank) || moved) return wrong;
    }
    return stuck();
  }

  /// Every thread of a block that can go on runs to where it waits next or to its end; false if
  /// none could.
  bool resume_all(unsigned rank) {
    bool moved = false;
    const std::int64_t threads = position().block_extent.count();
    for (const std::int64_t number : ordered(threads, schedule_.order, random_)) {
      Thread& thread = *threads_[static_cast<std::size_t>(rank * threads + number)];
      if (thread.finished() || !thread.can_go_on()) continue;
      position().rank = rank;
      position().block = index_in(position().grid_extent, first_ + rank);
      position().thread = thread.index();
      running() = &thread;
      thread.resume();
      if (thread.error()) error_ = thread.error();
      moved = true;
    }
    running() = nullptr;
    return moved;
  }

  [[nodiscard]] std::optional<std::string> thrown() const {
    if (!error_) return std::nullopt;
    try {
      std::rethrow_exception(error_);
    } catch (const DeviceError& error) {
      return error.what();
    } catch (...) {
      return "a thread threw an exception";
    }
  }

  /// Why the threads of a block can never all come to the barrier where some of them wait; empty
  /// when they can.
  [[nodiscard]] std::optional<std::string> diverged(unsigned rank) const {
    const Thread* waiting = nullptr;
    const Thread* finished = nullptr;
    for (const auto& thread : threads_) {
      if (thread->rank() != rank) continue;
      if (thread->finished()) {
        finished = thread.get();
      } else if (!thread->is_at_barrier()) {
        continue;
      } else if (waiting != nullptr && waiting->place().line() != thread->place().line()) {
        return "divergent barrier: threads of one block wait at " + text(waiting->place()) +
               " and at " + text(thread->place());
      } else {
        waiting = thread.get();
      }
    }
    if (waiting == nullptr || finished == nullptr) return std::nullopt;
    return "divergent barrier: some threads wait at " + text(waiting->place()) +
           " and others have finished";
  }

  /// Lets a block's threads go on if all of them are at its barrier.
  bool open_barrier(unsigned rank) {
    const auto is_of_block = [rank](const auto& thread) { return thread->rank() == rank; };
    const bool all = std::all_of(threads_.begin(), threads_.end(), [&](const auto& thread) {
      return !is_of_block(thread) || thread->is_at_barrier();
    });
    if (!all) return false;
    for (const auto& thread : threads_) {
      if (is_of_block(thread)) thread->open_barrier();
    }
    return true;
  }

  [[nodiscard]] std::string stuck() const {
    const auto waiting = std::find_if_not(threads_.begin(), threads_.end(), is_finished);
    return "deadlock: a thread waits at " + text((*waiting)->place()) + " for what never comes";
  }

  std::int64_t first_;
  Schedule schedule_;
  std::mt19937& random_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::exception_ptr error_;
};

Cluster*& running_cluster() {
  static Cluster* cluster = nullptr;
  return cluster;
}

// CUDA C++ Programming Guide, compute capabilities: the limits are the same for all of them.
void check_extents(const Extent& grid, const Extent& block, unsigned cluster_blocks) {
  constexpr unsigned kLimit = 65535;
  const bool grid_fits =
      grid.count() > 0 && grid.x <= 2147483647u && grid.y <= kLimit && grid.z <= kLimit;
  const bool block_fits = block.count() > 0 && block.count() <= 1024 && block.z <= 64;
  const bool cluster_fits =
      cluster_blocks > 0 && cluster_blocks <= kMostClusterBlocks && grid.x % cluster_blocks == 0;
  if (!grid_fits || !block_fits || !cluster_fits) {
    throw DeviceError("no GPU takes a grid of this shape", false);
  }
}

}  // namespace

Position& position() {
  static Position position;
  return position;
}

void run_grid(const Extent& grid, const Extent& block, const Schedule& schedule,
              const std::function<void()>& thread, unsigned cluster_blocks) {
  check_extents(grid, block, cluster_blocks);
  position().grid_extent = grid;
  position().block_extent = block;
  position().cluster_blocks = cluster_blocks;
  std::vector<Stack> stacks(static_cast<std::size_t>(block.count() * cluster_blocks));
  std::mt19937 random(schedule.seed);
  for (const std::int64_t number : ordered(grid.count() / cluster_blocks, schedule.order, random)) {
    ++position().cluster;
    Cluster cluster(number * cluster_blocks, stacks, thread, schedule, random);
    running_cluster() = &cluster;
    cluster.run();
  }
  running_cluster() = nullptr;
}

void wait_at_barrier(const std::source_location& place) { running()->wait(nullptr, place); }

void wait_until(const std::function<bool()>& is_over, const std::source_location& place) {
  if (!is_over()) running()->wait(&is_over, place);
}

bool has_ended(unsigned rank) { return running_cluster()->has_ended(rank); }

}  // namespace derate::emulation
