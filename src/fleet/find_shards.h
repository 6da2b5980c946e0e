// SPDX-License-Identifier: Apache-2.0
// Which files hold a fleet's records: of the folder of a fleet, of folders of `derate run`, of
// folders of such folders or of files, and of single files.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"

namespace derate::fleet {

struct Shard {
  std::filesystem::path path;
  std::string source;  ///< name of its folder, or of the file: the node's, unless it holds several
  std::string root;    ///< what the user named, or the node's folder of a fleet
  std::string root_name;
  bool is_of_fleet = false;          ///< then `source` is the node, whatever host its records name
  std::optional<NodeFile> expected;  ///< as node.json has it
};

/// What should hold records and cannot be read.
struct UnreadPath {
  std::filesystem::path path;
  std::string source;  ///< its node, where it is one's
  std::string what;    ///< "cannot be read: Permission denied"
};

/// A node that a fleet's folder speaks of.
struct ExpectedNode {
  std::string name;
  std::string folder;       ///< of the node
  std::string switch_name;  ///< empty where not known
  bool has_folder = false;
  bool has_end = false;
  bool has_files = false;  ///< node.json names some
  std::int64_t exit_code = 0;
  std::string reason;        ///< of a failure
  std::string started_utc;   ///< by its own clock; empty where not known
  std::int64_t records = 0;  ///< of its folder, once they are read
};

struct FoundShards {
  std::vector<Shard> shards;
  std::vector<ExpectedNode> nodes;           ///< of fleets' folders
  std::vector<FleetManifest> manifests;      ///< likewise
  std::vector<std::filesystem::path> links;  ///< measurements between nodes
  std::vector<UnreadPath> unread;
  std::vector<std::string> notes;  ///< sentences on what is not as it should be
};

/// Throws Error(invalid_input) where a path holds nothing of the kind, or does not exist.
[[nodiscard]] FoundShards find_shards(const std::vector<std::filesystem::path>& paths);

}  // namespace derate::fleet
