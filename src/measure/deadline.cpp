// SPDX-License-Identifier: Apache-2.0
// A thread sleeps until the time has passed or the owner goes.
#include "measure/deadline.h"

#include <utility>

namespace derate {

Deadline::Deadline(std::chrono::duration<double> time, std::function<void()> passed)
    : thread_([this, time, passed = std::move(passed)] {
        std::unique_lock lock(mutex_);
        if (!over_changed_.wait_for(lock, time, [this] { return over_; })) passed();
      }) {}

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  over_changed_.notify_all();
  thread_.join();
}

}  // namespace derate
