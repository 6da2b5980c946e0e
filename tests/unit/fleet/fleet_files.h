// SPDX-License-Identifier: Apache-2.0
// A folder for a fleet, and a node that has ended in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "derate/error.h"
#include "fleet/digest.h"
#include "fleet/fleet_folder.h"
#include "unit/own_path.h"

namespace derate {

namespace fs = std::filesystem;

namespace test {

class FleetTest : public testing::Test {
 protected:
  FleetTest() : fleet_(own_path("fleet-")) { fs::create_directories(fleet_); }
  ~FleetTest() override { fs::remove_all(fleet_); }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] fs::path folder(const std::string& node) const {
    return fleet::node_folder(fleet_, node);
  }

  /// A node whose records are this text, as they are after its end.
  fleet::NodeEnd add_node(const std::string& node, const std::string& shard) const {
    write(folder(node) / fleet::kShardFile, shard);
    fleet::NodeEnd end = {
        node,
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:05:05Z",
        0,
        "",
        {{fleet::kShardFile, static_cast<std::int64_t>(shard.size()), fleet::xxh3_128_of(shard)}}};
    fleet::write_node_end(folder(node), end);
    return end;
  }

  /// What an action is refused with; a failure where it is not.
  static std::string refusal(ExitCode code, const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }

  fs::path fleet_;
};

}  // namespace test
}  // namespace derate
