// SPDX-License-Identifier: Apache-2.0
// Which kernels a piece of work launches, and in which shape.
#pragma once

#include <array>
#include <utility>
#include <vector>

namespace derate::cuda {

/// A kernel, and blocks and threads of the launch along x, y and z, the blocks of a cluster and the
/// dynamic shared memory.
struct Launched {
  const void* kernel;
  std::array<unsigned, 8> shape;
};

/// Keeps what this thread launches for as long as it lives; the newest one does. Without one, as in
/// a timed sample, a launch pays for the question only.
class LaunchLog {
 public:
  LaunchLog() : before_(std::exchange(newest, this)) {}
  ~LaunchLog() { newest = before_; }
  LaunchLog(const LaunchLog&) = delete;
  LaunchLog& operator=(const LaunchLog&) = delete;

  /// The one that is to be told of a launch, or null.
  [[nodiscard]] static LaunchLog* open() { return newest; }

  void add(const Launched& launched) { launched_.push_back(launched); }
  [[nodiscard]] const std::vector<Launched>& launched() const { return launched_; }

 private:
  static inline thread_local LaunchLog* newest = nullptr;

  LaunchLog* before_;
  std::vector<Launched> launched_;
};

}  // namespace derate::cuda
