// SPDX-License-Identifier: Apache-2.0
// Comparing a text with the file of this folder that holds it, or rewriting the file.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace derate::golden {

inline const std::filesystem::path kFolder = DERATE_GOLDEN_FOLDER;

inline std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline bool updating() { return std::getenv("DERATE_UPDATE_GOLDEN") != nullptr; }

inline void expect_golden(const std::string& file, const std::string& text) {
  const std::filesystem::path path = kFolder / file;
  if (updating()) std::ofstream(path, std::ios::binary) << text;
  const std::string golden = contents(path);
  if (golden == text) return;
  const auto end = std::min(golden.size(), text.size());
  std::size_t at = 0;
  while (at < end && golden[at] == text[at]) ++at;
  const std::size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0
  ADD_FAILURE() << path << " differs from byte " << at << " on. It has\n"
                << golden.substr(line, golden.find('\n', at) - line) << "\nand now comes\n"
                << text.substr(line, text.find('\n', at) - line)
                << "\nIf that is wanted, run again with DERATE_UPDATE_GOLDEN=1 and commit the file";
}

}  // namespace derate::golden
