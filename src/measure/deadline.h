// SPDX-License-Identifier: Apache-2.0
// A call that nothing can end but the end of the process, such as NCCL waiting for a rank that
// never comes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace derate {

/// Calls `passed` in a thread of its own where it still lives after `time`.
class Deadline {
 public:
  Deadline(std::chrono::duration<double> time, std::function<void()> passed);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace derate
