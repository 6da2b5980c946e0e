// SPDX-License-Identifier: Apache-2.0
// The calls to the operating system that can fail through no fault of ours: a test puts its own in
// their place and makes a start of a process, a write or a clock fail.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace derate {

/// Each as the function of its name in POSIX, with errno where it fails.
struct SystemCalls {
  int (*open)(const char* path, int flags, mode_t mode);
  ssize_t (*write)(int descriptor, const void* data, std::size_t size);
  int (*fsync)(int descriptor);
  int (*rename)(const char* from, const char* to);
  int (*linkat)(int old_folder, const char* old_path, int new_folder, const char* new_path,
                int flags);
  int (*pipe2)(int* ends, int flags);
  pid_t (*fork)();
  std::chrono::system_clock::time_point (*utc_now)();
  std::chrono::steady_clock::time_point (*steady_now)();
};

/// What the program calls.
[[nodiscard]] const SystemCalls& system_calls();

/// Other calls for as long as it lives; for tests.
class SystemCallsReplaced {
 public:
  explicit SystemCallsReplaced(const SystemCalls& replaced);
  ~SystemCallsReplaced();
  SystemCallsReplaced(const SystemCallsReplaced&) = delete;
  SystemCallsReplaced& operator=(const SystemCallsReplaced&) = delete;

 private:
  SystemCalls before_;
};

}  // namespace derate
