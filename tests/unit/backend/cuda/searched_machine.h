// SPDX-License-Identifier: Apache-2.0
// A machine in a temporary folder, with variables of its own, in which libraries are searched.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "backend/cuda/library_places.h"

namespace derate::cuda {

class SearchedMachineTest : public testing::Test {
 protected:
  explicit SearchedMachineTest(const std::string& name)
      : root_(std::filesystem::path(testing::TempDir()) /
              ("derate-" + name + "-" + std::to_string(::getpid()))) {}

  void SetUp() override {
    machine_.root = root_;
    machine_.variable = [this](const char* name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? "" : found->second;
    };
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::filesystem::path root_;
  std::map<std::string, std::string> variables_;
  SearchedMachine machine_;
};

}  // namespace derate::cuda
