// SPDX-License-Identifier: Apache-2.0
// Writing files so that nobody reads half of one, and so that a full disk is an error with a
// reason.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace derate {

/// Throws Error(output): "cannot write PATH: REASON".
[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& reason);

/// Writes a file at once. The reason why it could not be written, or nothing.
[[nodiscard]] std::string try_to_write(const std::filesystem::path& path, const std::string& text);

/// Replaces a file, or the one behind a link: a reader meets the old or the new one. What is no
/// regular file, such as a pipe, is written at once. Throws Error(output); the old file then stays.
void write_file(const std::filesystem::path& path, const std::string& text);

/// Whether two paths name one regular file, whether it is there or not.
[[nodiscard]] bool is_same_file(const std::filesystem::path& one,
                                const std::filesystem::path& other);

/// A file that grows. Throws Error(output) where it cannot be opened or written.
class AppendedFile {
 public:
  explicit AppendedFile(const std::filesystem::path& path);
  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  /// In one call as a rule, so that lines of several processes do not mix.
  void write(std::string_view text);
  /// Onto the disk, where the file system can do so.
  void sync() const;

 private:
  std::filesystem::path path_;
  int descriptor_;
};

/// What a folder or file holds, onto the disk; nothing where that cannot be done.
void sync(const std::filesystem::path& path);

}  // namespace derate
