// SPDX-License-Identifier: Apache-2.0
// fleet.json is written before anything starts, so that a node that never answers is missed.
#include "fleet/fleet_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/time_utc.h"
#include "derate/build_info.h"
#include "derate/error.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

std::string as_list(const std::vector<std::string>& texts) {
  return dumped(nlohmann::ordered_json(texts));
}

/// What an earlier start wanted, with what this one wants besides.
void merge(const fs::path& fleet, const FleetManifest& before, FleetManifest& wanted) {
  if (before.run_options != wanted.run_options) {
    throw Error(
        ExitCode::usage,
        fmt::format("{} is of another fleet: its run_options are {}, not {}; choose another "
                    "folder",
                    (fleet / kManifestFile).string(), as_list(before.run_options),
                    as_list(wanted.run_options)));
  }
  std::vector<std::string> nodes = before.nodes;
  for (const std::string& node : wanted.nodes) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  }
  wanted.nodes = std::move(nodes);
  wanted.started_utc = before.started_utc;
  wanted.node_count = std::max(
      {wanted.node_count, before.node_count, static_cast<std::int64_t>(wanted.nodes.size())});
  for (const auto& [node, name] : before.switches) wanted.switches.emplace(node, name);
}

/// Refuses a folder that holds what is no fleet.
void require_fleet_folder(const fs::path& fleet) {
  std::error_code failed;
  if (!fs::exists(fleet, failed) || fs::is_empty(fleet, failed)) return;
  cannot_write(fleet,
               fmt::format("it holds files but no {}: choose another folder", kManifestFile));
}

/// Sets aside what is left of a node, and leaves no empty folder, which would be of one that runs.
void clear_node(const fs::path& fleet, const std::string& node) {
  std::error_code failed;
  fs::remove(set_aside_node(fleet, node), failed);
}

}  // namespace

FleetStart start_fleet(const fs::path& fleet, FleetManifest wanted,
                       const std::set<std::string>& under_way) {
  FleetStart start;
  const std::vector<std::string> named = wanted.nodes;
  std::error_code failed;
  wanted.tool_version = build_info().version;
  wanted.started_utc = now_utc();
  wanted.node_count = std::max(wanted.node_count, static_cast<std::int64_t>(named.size()));
  if (fs::exists(fleet / kManifestFile, failed)) {
    merge(fleet, read_manifest(fleet), wanted);
  } else {
    require_fleet_folder(fleet);
  }
  fs::create_directories(fleet / "nodes", failed);
  if (failed) cannot_write(fleet / "nodes", failed.message());
  write_manifest(fleet, wanted);
  start.manifest = wanted;
  const std::vector<std::string> all = named.empty() ? nodes_with_folder(fleet) : named;
  for (const std::string& node : all) {
    if (under_way.contains(node)) continue;
    const NodeState state = status_of_node(fleet, node).state;
    if (state == NodeState::measured) {
      start.measured.push_back(node);
      continue;
    }
    if (state != NodeState::missing) clear_node(fleet, node);
    if (!named.empty()) start.to_measure.push_back(node);
  }
  start.to_choose =
      named.empty() ? wanted.node_count - static_cast<std::int64_t>(start.measured.size()) : 0;
  return start;
}

}  // namespace derate::fleet
