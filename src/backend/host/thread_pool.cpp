// SPDX-License-Identifier: Apache-2.0
// Pins each thread to its CPU. Threads spin for 50 us before they sleep, so that a launch that
// follows at once costs no wake-up.
#include "derate/host/thread_pool.h"

#include <sched.h>

#include <chrono>

#include "backend/host/topology.h"

namespace derate::host {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than the gap between two launches or two phases of one, shorter than anyone would notice.
constexpr std::chrono::microseconds kSpin{50};

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Returns when `value` is no longer `old`: soon after the change, or by a wake-up when it is late.
template <typename T>
void wait_while(const std::atomic<T>& value, T old) {
  const Clock::time_point deadline = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      relax();
    }
  } while (Clock::now() < deadline);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(std::vector<int> cpus)
    : cpus_(std::move(cpus)), caller_cpus_(affinity_cpus()) {
  for (int thread = 1; thread < size(); ++thread) {
    threads_.emplace_back([this, thread] { serve(thread); });
  }
}

ThreadPool::~ThreadPool() {
  work_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void ThreadPool::run(const std::function<void(int)>& work) {
  work_ = &work;
  busy_.store(size() - 1, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  // Two system calls are 1.6 us, so only a caller who is on another thread's CPU is moved; where it
  // is then, the scheduler leaves it. A refused mask (a CPU was taken away) only costs accuracy.
  const bool elsewhere = sched_getcpu() != cpus_.front();
  if (elsewhere) set_affinity({cpus_.front()});
  work(0);
  for (int left = busy_.load(std::memory_order_acquire); left != 0;
       left = busy_.load(std::memory_order_acquire)) {
    wait_while(busy_, left);
  }
  if (elsewhere) set_affinity(caller_cpus_);
}

void ThreadPool::serve(int thread) {
  set_affinity({cpus_[static_cast<std::size_t>(thread)]});
  std::uint32_t seen = 0;
  for (;;) {
    wait_while(round_, seen);
    ++seen;  // the caller starts no round before everyone has finished the last
    if (work_ == nullptr) return;
    (*work_)(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

}  // namespace derate::host
