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

/// One thread of a block. AddressSanitizer has to be told of each change of the stack.
class Thread {
 public:
  Thread(const Index& index, Stack& stack, const std::function<void()>& body)
      : index_(index), stack_(stack.memory.get()), body_(&body) {
    fiber_ = boost::context::fiber(
        std::allocator_arg, BorrowedStack{stack_},
        [this](boost::context::fiber&& scheduler) { return run(std::move(scheduler)); });
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  [[nodiscard]] const Index& index() const { return index_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const std::source_location& barrier() const { return barrier_; }
  [[nodiscard]] const std::exception_ptr& error() const { return error_; }
  void abandon() { abandoned_ = true; }

  /// From the scheduler: runs the thread to its next barrier or to its end.
  void resume() {
    void* scheduler_frames = nullptr;
    __sanitizer_start_switch_fiber(&scheduler_frames, stack_, kStackBytes);
    fiber_ = std::move(fiber_).resume();
    __sanitizer_finish_switch_fiber(scheduler_frames, nullptr, nullptr);
  }

  /// From the thread: back to the scheduler, until it resumes this thread.
  void wait(const std::source_location& place) {
    barrier_ = place;
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
      (*body_)();
    } catch (const Abandoned&) {
    } catch (...) {  // an exception must not leave its stack
      error_ = std::current_exception();
    }
    finished_ = true;
    __sanitizer_start_switch_fiber(nullptr, scheduler_stack_, scheduler_stack_bytes_);
    return std::move(scheduler_);
  }

  Index index_;
  std::byte* stack_;
  const std::function<void()>* body_;
  boost::context::fiber fiber_;
  boost::context::fiber scheduler_;
  const void* scheduler_stack_ = nullptr;
  std::size_t scheduler_stack_bytes_ = 0;
  std::source_location barrier_;
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

class Block {
 public:
  Block(std::vector<Stack>& stacks, const std::function<void()>& body, const Schedule& schedule,
        std::mt19937& random)
      : schedule_(schedule), random_(random) {
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      threads_.push_back(std::make_unique<Thread>(
          index_in(position().block_extent, static_cast<std::int64_t>(i)), stacks[i], body));
    }
  }

  void run() {
    do {
      resume_all();
      const std::optional<std::string> divergence = diverged();
      if (divergence) {
        for (const auto& thread : threads_) thread->abandon();
        resume_all();
        throw DeviceError(*divergence, false);
      }
    } while (!threads_.front()->finished());
  }

 private:
  /// Every thread that has not finished runs to its next barrier or to its end.
  void resume_all() {
    for (const std::int64_t number :
         ordered(static_cast<std::int64_t>(threads_.size()), schedule_.order, random_)) {
      Thread& thread = *threads_[static_cast<std::size_t>(number)];
      if (thread.finished()) continue;
      position().thread = thread.index();
      running() = &thread;
      thread.resume();
      if (thread.error()) error_ = thread.error();
    }
    running() = nullptr;
  }

  /// What keeps the threads from going on together; empty when nothing does.
  [[nodiscard]] std::optional<std::string> diverged() const {
    if (error_) return "a thread threw an exception";
    const Thread* waiting = nullptr;
    const Thread* finished = nullptr;
    for (const auto& thread : threads_) {
      if (thread->finished()) {
        finished = thread.get();
      } else if (waiting != nullptr && waiting->barrier().line() != thread->barrier().line()) {
        return "divergent barrier: threads of one block wait at " + text(waiting->barrier()) +
               " and at " + text(thread->barrier());
      } else {
        waiting = thread.get();
      }
    }
    if (waiting == nullptr || finished == nullptr) return std::nullopt;
    return "divergent barrier: some threads wait at " + text(waiting->barrier()) +
           " and others have finished";
  }

  Schedule schedule_;
  std::mt19937& random_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::exception_ptr error_;
};

// CUDA C++ Programming Guide, compute capabilities: the limits are the same for all of them.
void check_extents(const Extent& grid, const Extent& block) {
  constexpr unsigned kLimit = 65535;
  const bool grid_fits =
      grid.count() > 0 && grid.x <= 2147483647u && grid.y <= kLimit && grid.z <= kLimit;
  const bool block_fits = block.count() > 0 && block.count() <= 1024 && block.z <= 64;
  if (!grid_fits || !block_fits) throw DeviceError("no GPU takes a grid of this shape", false);
}

}  // namespace

Position& position() {
  static Position position;
  return position;
}

void run_grid(const Extent& grid, const Extent& block, const Schedule& schedule,
              const std::function<void()>& thread) {
  check_extents(grid, block);
  position().grid_extent = grid;
  position().block_extent = block;
  std::vector<Stack> stacks(static_cast<std::size_t>(block.count()));
  std::mt19937 random(schedule.seed);
  for (const std::int64_t number : ordered(grid.count(), schedule.order, random)) {
    position().block = index_in(grid, number);
    Block(stacks, thread, schedule, random).run();
  }
}

void wait_at_barrier(const std::source_location& place) { running()->wait(place); }

}  // namespace derate::emulation
