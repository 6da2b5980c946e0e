// SPDX-License-Identifier: Apache-2.0
// A pipe whose ends are closed with it, and on exec unless they are handed over.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {

class Pipe {
 public:
  /// Throws Error(failed).
  Pipe() {
    if (system_calls().pipe2(ends_.data(), O_CLOEXEC) != 0) {
      throw Error(ExitCode::failed, std::string("cannot make a pipe: ") + std::strerror(errno));
    }
  }
  ~Pipe() {
    close_read_end();
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_read_end() { close(ends_[0]); }
  void close_write_end() { close(ends_[1]); }
  /// Now the caller's to close.
  [[nodiscard]] int release_read_end() { return std::exchange(ends_[0], -1); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }

  std::array<int, 2> ends_ = {-1, -1};
};

}  // namespace derate
