// SPDX-License-Identifier: Apache-2.0
// Writing files so that nobody reads half of one, and so that a full disk is an error with a
// reason.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace derate {

/// Throws Error(output): "cannot write PATH: REASON".
[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& reason);

/// Replaces a file that a user has named, or the one behind a link: a reader meets the old or the
/// new one, with the permissions of the old one, and so does whoever looks after a power cut. What
/// is no regular file, such as a pipe, is written in place. Throws Error(output); the old file then
/// stays.
void write_file(const std::filesystem::path& path, const std::string& text);

/// The same for a name that we have made up ourselves: a link there is not the user's will, and is
/// replaced like a file.
void replace_file(const std::filesystem::path& path, const std::string& text);

/// Opens a file of a name that we have made up, in the place of what is there. The caller closes
/// it. Throws Error(output).
[[nodiscard]] int open_anew(const std::filesystem::path& path);

/// Proves that so many bytes can be written into a folder, and leaves nothing there. Throws
/// Error(output).
void require_room(const std::filesystem::path& folder, std::size_t size_bytes);

/// Whether two paths name one regular file, whether it is there or not.
[[nodiscard]] bool is_same_file(const std::filesystem::path& one,
                                const std::filesystem::path& other);

/// What opening a file does with a link of its name.
enum class Links {
  followed,  ///< the user named it
  refused    ///< we did
};

/// A file that grows. Throws Error(output) where it cannot be opened or written.
class AppendedFile {
 public:
  explicit AppendedFile(const std::filesystem::path& path, Links links = Links::followed);
  /// In one call as a rule, so that lines of several processes do not mix.
  void write(std::string_view text);
  /// Onto the disk, where the file system can do so.
  void sync() const;

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

/// What a folder or file holds, onto the disk; nothing where that cannot be done.
void sync(const std::filesystem::path& path);

}  // namespace derate
