// SPDX-License-Identifier: Apache-2.0
// One thread per core, each on its own CPU, that start and end a piece of work together.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace derate::host {

/// The caller is the pool's thread 0: a run moves it to the first CPU, and then gives it its own
/// affinity mask back, so that threads which a library starts later stay unbound.
/// The others spin for some microseconds after a run and then sleep: runs that follow one another
/// start within a microsecond, and nobody's core is held while something else works.
class ThreadPool {
 public:
  /// One thread per entry of `cpus`, of which there must be at least one.
  explicit ThreadPool(std::vector<int> cpus);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(cpus_.size()); }

  /// Calls `work(thread)` for 0 <= thread < size(), each on its own thread, and waits for all.
  /// `work` must not throw. One run at a time.
  void run(const std::function<void(int)>& work);

 private:
  void serve(int thread);

  std::vector<int> cpus_;
  std::vector<int> caller_cpus_;
  const std::function<void(int)>* work_ = nullptr;  // null ends the threads
  alignas(64) std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<int> busy_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace derate::host
