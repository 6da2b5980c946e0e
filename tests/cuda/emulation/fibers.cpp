// SPDX-License-Identifier: Apache-2.0
// The scheduler of a grid: threads run on pooled fibres of Boost.Context and change only at
// barriers and waits. Deadlocks are detected and reported with the lines at which threads wait.
#include "fibers.h"

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

/// A stack that is left for another one and returned to: a worker's, or the one that a grid is
/// started from. AddressSanitizer has to be told of each change.
struct Stack {
  boost::context::fiber rest;  // empty while it runs
  const void* memory = nullptr;
  std::size_t bytes = 0;
  void* frames = nullptr;  // those that AddressSanitizer keeps elsewhere
};

Stack* left_last = nullptr;

/// From the stack that has been switched to; `left` is the rest of the other one.
void arrive_at(Stack& stack, boost::context::fiber&& left) {
  __sanitizer_finish_switch_fiber(stack.frames, &left_last->memory, &left_last->bytes);
  left_last->rest = std::move(left);
}

void switch_stacks(Stack& from, Stack& to) {
  left_last = &from;
  __sanitizer_start_switch_fiber(&from.frames, to.memory, to.bytes);
  arrive_at(from, std::move(to.rest).resume());
}

/// Boost's allocator concept over a stack that somebody else owns.
struct BorrowedStack {
  std::byte* memory;
  boost::context::stack_context allocate() const {
    boost::context::stack_context context;
    context.size = kStackBytes;
    context.sp = memory + kStackBytes;
    return context;
  }
  void deallocate(boost::context::stack_context&) const noexcept {}
};

/// A fibre that runs one thread after another, and others' while one of its own waits nowhere: so
/// threads that never wait share one, and none is made again for each thread. Never ends.
class Worker {
 public:
  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] Stack& stack() { return stack_; }

 private:
  // From the heap, so that AddressSanitizer guards both ends.
  std::unique_ptr<std::byte[]> memory_{new std::byte[kStackBytes]};
  Stack stack_;
};

/// Those that have no thread. They outlive every grid, and so the end of the program: a fibre that
/// is destroyed would unwind its stack.
std::vector<Worker*>& idle_workers() {
  static auto& workers = *new std::vector<Worker*>;
  return workers;
}

/// One thread of a cluster.
struct Thread {
  unsigned rank = 0;
  Index index;
  Worker* worker = nullptr;  // none before it has begun
  bool finished = false;
  /// Where it waits, and for what; a barrier of the block is for the scheduler to open.
  std::source_location place;
  bool is_at_barrier = false;
  const std::function<bool()>* is_over = nullptr;
};

/// The threads of a block, counted.
struct Block {
  std::int64_t finished = 0;
  std::int64_t at_barrier = 0;
  const Thread* waiting = nullptr;    // at a barrier
  const Thread* elsewhere = nullptr;  // at another one
};

/// The numbers 0 to count - 1 in the schedule's order, another one for each call when shuffled.
void put_in_order(std::vector<std::int64_t>& numbers, std::int64_t count, Order order,
                  std::mt19937& random) {
  const bool is_there = numbers.size() == static_cast<std::size_t>(count);
  if (is_there && order != Order::shuffled) return;
  numbers.resize(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  if (order == Order::reverse) std::reverse(numbers.begin(), numbers.end());
  if (order == Order::shuffled) std::shuffle(numbers.begin(), numbers.end(), random);
}

Index index_in(const Extent& extent, std::int64_t number) {
  return {static_cast<unsigned>(number % extent.x),
          static_cast<unsigned>(number / extent.x % extent.y),
          static_cast<unsigned>(number / extent.x / extent.y)};
}

std::string text(const std::source_location& place) {
  return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

/// The clusters of a grid, one after the other.
class Grid {
 public:
  Grid(const std::function<void()>& body, const Schedule& schedule, std::mt19937& random)
      : body_(body),
        schedule_(schedule),
        random_(random),
        threads_of_block_(position().block_extent.count()),
        threads_(static_cast<std::size_t>(threads_of_block_ * position().cluster_blocks)) {
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const auto number = static_cast<std::int64_t>(i);
      threads_[i].rank = static_cast<unsigned>(number / threads_of_block_);
      threads_[i].index = index_in(position().block_extent, number % threads_of_block_);
    }
  }

  /// `first` is the number of the cluster's first block in the grid.
  void run_cluster(std::int64_t first) {
    first_ = first;
    blocks_.assign(position().cluster_blocks, Block{});
    for (Thread& thread : threads_) {
      thread.worker = nullptr;
      thread.finished = false;
    }
    while (!std::all_of(blocks_.begin(), blocks_.end(),
                        [this](const Block& block) { return has_ended(block); })) {
      const std::optional<std::string> wrong = advance();
      if (!wrong) continue;
      is_abandoned_ = true;
      for (unsigned rank = 0; rank < position().cluster_blocks; ++rank) resume_all(rank);
      throw DeviceError(*wrong, false);
    }
  }

  [[nodiscard]] bool has_ended(unsigned rank) const { return has_ended(blocks_[rank]); }

  /// From the running thread: others run until it can go on. A wait for nothing is one at the
  /// barrier of the block.
  void wait(const std::function<bool()>* is_over, const std::source_location& place) {
    Thread& thread = *running_;
    thread.place = place;
    thread.is_over = is_over;
    thread.is_at_barrier = is_over == nullptr;
    if (thread.is_at_barrier) stop_at_barrier(thread);
    switch_stacks(thread.worker->stack(), next_stack());
    if (is_abandoned_) throw Abandoned{};
  }

  /// From a worker, whose turn it is to begin with a thread: that one, and those that follow it.
  void run_threads(Worker& worker) {
    do {
      running_->worker = &worker;
      run_thread(*running_);
    } while (pass_on() && running_->worker == nullptr);
    idle_workers().push_back(&worker);
    switch_stacks(worker.stack(), running_ == nullptr ? scheduler_ : running_->worker->stack());
  }

 private:
  [[nodiscard]] bool has_ended(const Block& block) const {
    return block.finished == threads_of_block_;
  }

  /// One turn of the first block, in the schedule's order, in which a thread can go on: so one may
  /// be as far ahead of the others as it can. Returns what is wrong, if something is.
  [[nodiscard]] std::optional<std::string> advance() {
    put_in_order(block_order_, position().cluster_blocks, schedule_.order, random_);
    for (const std::int64_t number : block_order_) {
      const auto rank = static_cast<unsigned>(number);
      const bool moved = resume_all(rank);
      std::optional<std::string> wrong = thrown();
      if (!wrong) wrong = diverged(blocks_[rank]);
      if (wrong || open_barrier(rank) || moved) return wrong;
    }
    return stuck();
  }

  /// Every thread of a block that can go on runs to where it waits next or to its end; false if
  /// none could.
  bool resume_all(unsigned rank) {
    put_in_order(order_, threads_of_block_, schedule_.order, random_);
    position().rank = rank;
    position().block = index_in(position().grid_extent, first_ + rank);
    turn_ = 0;
    Stack& first = next_stack();
    if (&first == &scheduler_) return false;
    switch_stacks(scheduler_, first);
    return true;
  }

  /// Chooses the next thread of this turn; false if there is none.
  bool pass_on() {
    Thread* const block = &threads_[static_cast<std::size_t>(position().rank * threads_of_block_)];
    for (running_ = nullptr; running_ == nullptr && turn_ < order_.size(); ++turn_) {
      if (can_go_on(block[order_[turn_]])) running_ = &block[order_[turn_]];
    }
    if (running_ != nullptr) position().thread = running_->index;
    return running_ != nullptr;
  }

  /// Where the next thread of this turn is to go on; the scheduler's if there is none.
  Stack& next_stack() {
    if (!pass_on()) return scheduler_;
    if (running_->worker != nullptr) return running_->worker->stack();
    if (idle_workers().empty()) return (new Worker)->stack();
    Worker* const worker = idle_workers().back();
    idle_workers().pop_back();
    return worker->stack();
  }

  [[nodiscard]] bool can_go_on(const Thread& thread) const {
    if (thread.finished) return false;
    if (is_abandoned_ || thread.worker == nullptr) return true;
    return !thread.is_at_barrier && (thread.is_over == nullptr || (*thread.is_over)());
  }

  void run_thread(Thread& thread) {
    try {
      if (!is_abandoned_) body_();  // else it has never run
    } catch (const Abandoned&) {
    } catch (...) {  // an exception must not leave its stack
      error_ = std::current_exception();
    }
    thread.finished = true;
    ++blocks_[thread.rank].finished;
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

  void stop_at_barrier(const Thread& thread) {
    Block& block = blocks_[thread.rank];
    ++block.at_barrier;
    if (block.waiting == nullptr) block.waiting = &thread;
    if (block.waiting->place.line() != thread.place.line()) block.elsewhere = &thread;
  }

  /// Why the threads of a block can never all come to the barrier where some of them wait; empty
  /// when they can.
  [[nodiscard]] static std::optional<std::string> diverged(const Block& block) {
    if (block.elsewhere != nullptr) {
      return "divergent barrier: threads of one block wait at " + text(block.waiting->place) +
             " and at " + text(block.elsewhere->place);
    }
    if (block.waiting == nullptr || block.finished == 0) return std::nullopt;
    return "divergent barrier: some threads wait at " + text(block.waiting->place) +
           " and others have finished";
  }

  /// Lets a block's threads go on if all of them are at its barrier.
  bool open_barrier(unsigned rank) {
    if (blocks_[rank].at_barrier != threads_of_block_) return false;
    blocks_[rank] = Block{};
    for (Thread& thread : threads_) {
      if (thread.rank == rank) thread.is_at_barrier = false;
    }
    return true;
  }

  [[nodiscard]] std::string stuck() const {
    const auto waiting = std::find_if_not(threads_.begin(), threads_.end(),
                                          [](const Thread& thread) { return thread.finished; });
    return "deadlock: a thread waits at " + text(waiting->place) + " for what never comes";
  }

  const std::function<void()>& body_;
  Schedule schedule_;
  std::mt19937& random_;
  std::int64_t threads_of_block_;
  std::vector<Thread> threads_;
  std::vector<Block> blocks_;  // by rank
  std::int64_t first_ = 0;
  Stack scheduler_;
  Thread* running_ = nullptr;
  std::vector<std::int64_t> block_order_;
  std::vector<std::int64_t> order_;
  std::size_t turn_ = 0;  // how far this turn has come in order_
  bool is_abandoned_ = false;
  std::exception_ptr error_;
};

Grid*& running_grid() {
  static Grid* grid = nullptr;
  return grid;
}

std::vector<std::function<void()>>& checks_at_end() {
  static std::vector<std::function<void()>> checks;
  return checks;
}

Worker::Worker() {
  stack_.memory = memory_.get();
  stack_.bytes = kStackBytes;
  stack_.rest = boost::context::fiber(std::allocator_arg, BorrowedStack{memory_.get()},
                                      [this](boost::context::fiber&& left) {
                                        arrive_at(stack_, std::move(left));
                                        for (;;) running_grid()->run_threads(*this);
                                        return std::move(left);
                                      });
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
  std::mt19937 random(schedule.seed);
  std::vector<std::int64_t> clusters;
  put_in_order(clusters, grid.count() / cluster_blocks, schedule.order, random);
  Grid running(thread, schedule, random);
  running_grid() = &running;
  for (const std::int64_t number : clusters) {
    ++position().cluster;
    checks_at_end().clear();
    running.run_cluster(number * cluster_blocks);
    for (const auto& check : checks_at_end()) check();
  }
  running_grid() = nullptr;
}

void wait_at_barrier(const std::source_location& place) { running_grid()->wait(nullptr, place); }

void wait_until(const std::function<bool()>& is_over, const std::source_location& place) {
  if (!is_over()) running_grid()->wait(&is_over, place);
}

void at_end_of_cluster(std::function<void()> check) { checks_at_end().push_back(std::move(check)); }

bool has_ended(unsigned rank) { return running_grid()->has_ended(rank); }

}  // namespace derate::emulation
