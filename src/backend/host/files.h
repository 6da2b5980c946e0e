// SPDX-License-Identifier: Apache-2.0
// Reads the small text files of /proc and /sys, where a missing file is an answer, not an error.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace derate::host {

/// The whole file; empty when it cannot be read.
[[nodiscard]] inline std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The first line without its end; empty when the file cannot be read.
[[nodiscard]] inline std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace derate::host
