// SPDX-License-Identifier: Apache-2.0
// The only place that makes temporary files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "base/descriptor.h"
#include "base/signals.h"

namespace derate {

/// How the names of temporary files begin.
inline constexpr std::string_view kTemporaryPrefix = ".derate-";

/// A new file that goes with its owner unless it replaces another. Where the file system can, it
/// has no name until it replaces, and a kill before leaves nothing; elsewhere a random one, which
/// no link of somebody else's can bear. Signals that ask us to end wait until it is gone. The
/// functions throw std::system_error.
class TemporaryFile {
 public:
  /// `mode` is reduced by the umask.
  TemporaryFile(const std::filesystem::path& folder, mode_t mode);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int descriptor() const { return file_.number; }
  /// Puts it in the place of `target`, which lies in the same folder; a link there is replaced.
  void replace(const std::filesystem::path& target);

 private:
  const SignalsBlocked blocked_;
  std::filesystem::path folder_;
  std::filesystem::path name_;  ///< empty for none
  Descriptor file_;
};

/// Throws std::system_error with the reason of errno.
[[noreturn]] void throw_errno();

}  // namespace derate
