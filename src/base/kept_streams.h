// SPDX-License-Identifier: Apache-2.0
// Where a command writes: the standard streams, or text that its caller keeps.
#pragma once

#include <ostream>
#include <sstream>
#include <string>

namespace derate {

/// Standard output and standard error of the process, or those of the calling thread's latest
/// KeptStreams.
[[nodiscard]] std::ostream& standard_output();
[[nodiscard]] std::ostream& standard_error();

/// While one lives, what its thread writes to them, and with say(), is text: whoever calls a
/// command as a function, as the Python package does, has no terminal.
class KeptStreams {
 public:
  KeptStreams();
  ~KeptStreams();
  KeptStreams(const KeptStreams&) = delete;
  KeptStreams& operator=(const KeptStreams&) = delete;

  [[nodiscard]] std::string output() const { return output_.str(); }
  [[nodiscard]] std::string messages() const { return messages_.str(); }

  /// Whether the calling thread has one.
  [[nodiscard]] static bool are_there();

 private:
  friend std::ostream& standard_output();
  friend std::ostream& standard_error();

  std::ostringstream output_;
  std::ostringstream messages_;
  KeptStreams* before_;
};

}  // namespace derate
