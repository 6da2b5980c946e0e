// SPDX-License-Identifier: Apache-2.0
// How many other processes hold a GPU, from the list that NVML gives. No CUDA header here.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace derate::cuda {

/// Whether this process is in the machine's first PID namespace, from which all are seen. Linux
/// gives that one a fixed number (PROC_PID_INIT_INO).
[[nodiscard]] inline bool sees_all_processes() {
  constexpr ino_t kFirstNamespace = 0xEFFFFFFC;
  struct stat file {};
  return ::stat("/proc/self/ns/pid", &file) == 0 && file.st_ino == kFirstNamespace;
}

/// `pids` is the list while this process, `self`, holds the GPU too. In a container the driver
/// leaves out all processes of others, or lists everyone, this process included, by the host's
/// numbers: so two entries always mean another process, and one or none says nothing unless it is
/// this process and all can be seen. Empty where it cannot be known.
[[nodiscard]] inline std::optional<int> other_processes(std::vector<unsigned> pids, unsigned self,
                                                        bool sees_all) {
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  if (pids.size() > 1) return static_cast<int>(pids.size()) - 1;
  const bool alone = pids.size() == 1 && pids.front() == self && sees_all;
  return alone ? std::optional(0) : std::nullopt;
}

}  // namespace derate::cuda
