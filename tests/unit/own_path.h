// SPDX-License-Identifier: Apache-2.0
// Where a test keeps its files: tests run side by side, and so may two builds of one machine.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace derate::test {

/// A path that no other test has, and no other process; nothing is there.
inline std::filesystem::path own_path(const std::string& prefix) {
  const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = prefix + test->test_suite_name() + "_" + test->name() + "_";
  std::replace(name.begin(), name.end(), '/', '_');  // of parameters
  return std::filesystem::path(testing::TempDir()) / (name + std::to_string(::getpid()));
}

}  // namespace derate::test
