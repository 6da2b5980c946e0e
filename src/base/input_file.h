// SPDX-License-Identifier: Apache-2.0
// A file of others, read within the limits of input_limits.h: a line or a file that is too long, a
// device and a file without an end are refused before they fill the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/input_limits.h"

namespace derate {

/// A file, a pipe or a terminal. It is opened once, so that what a pipe gave is not lost. Every
/// function throws Error(invalid_input), which names the file.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Up to `size` bytes of what follows, which stay to be read.
  [[nodiscard]] std::string_view beginning(std::size_t size);
  /// Everything that follows.
  [[nodiscard]] std::string rest(std::size_t limit_bytes = input_limits::kLargestText_bytes);
  /// The next line, without its end; false behind the last.
  [[nodiscard]] bool read_line(std::string& line);

  /// Number of the line that was read last, from 1 on.
  [[nodiscard]] std::int64_t line() const { return line_; }
  /// Whether that line had no end: writing it was interrupted, or it is the last of a text.
  [[nodiscard]] bool was_cut() const { return was_cut_; }

 private:
  /// Appends to `buffer_`; false at the end of the file.
  bool fill();
  /// "FILE WHAT"
  [[noreturn]] void refuse(const std::string& what) const;

  std::string name_;
  int descriptor_ = -1;
  std::string buffer_;
  std::size_t at_ = 0;  ///< of what was not yet taken, in `buffer_`
  std::int64_t line_ = 0;
  bool was_cut_ = false;
};

/// Everything that a file holds. Throws Error(invalid_input).
[[nodiscard]] std::string text_of_file(const std::filesystem::path& path,
                                       std::size_t limit_bytes = input_limits::kLargestText_bytes);

/// At most the last `size` bytes of a regular file; nothing where it cannot be read.
[[nodiscard]] std::string end_of_file(const std::filesystem::path& path, std::size_t size);

}  // namespace derate
