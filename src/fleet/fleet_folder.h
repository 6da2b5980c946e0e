// SPDX-License-Identifier: Apache-2.0
// The folder of a fleet: what is to be measured, fleet.json, and a folder for each node with its
// records and how its run ended, node.json. docs/fleet.md has the format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace derate::fleet {

inline constexpr std::int64_t kFleetSchema = 1;
inline constexpr const char* kManifestFile = "fleet.json";
inline constexpr const char* kNodeEndFile = "node.json";
inline constexpr const char* kShardFile = "records.jsonl.zst";

/// fleet.json: written before anything starts.
struct FleetManifest {
  std::string tool_version;
  std::string engine;              ///< "slurm", "kubernetes", "ssh"
  std::string started_utc;         ///< RFC 3339
  std::vector<std::string> nodes;  ///< that are expected; empty where the engine chooses them
  std::int64_t node_count = 0;
  std::vector<std::string> run_options;         ///< handed to `derate run`
  std::map<std::string, std::string> switches;  ///< node -> switch, where that is known
};

/// A file of a node, as it was when the node wrote it.
struct NodeFile {
  std::string name;
  std::int64_t bytes = 0;
  std::string xxh3_128;  ///< 32 hexadecimal digits
};

/// node.json: how the run of a node ended; written last.
struct NodeEnd {
  std::string node;
  std::string started_utc;
  std::string ended_utc;
  std::int64_t exit_code = 0;
  std::string reason;  ///< one sentence; empty where the exit code is 0
  std::vector<NodeFile> files;
};

enum class NodeState {
  measured,
  failed,   ///< its run ended with another exit code than 0
  damaged,  ///< a file is not what node.json says, or node.json cannot be read
  no_end,   ///< it has a folder without node.json: it still runs, or was killed
  missing   ///< nothing of it is there
};
[[nodiscard]] std::string_view to_string(NodeState state);

/// What the folder says of a node.
struct NodeStatus {
  std::string node;
  NodeState state = NodeState::missing;
  std::string reason;          ///< one sentence; empty for what was measured
  std::optional<NodeEnd> end;  ///< where node.json could be read
};

[[nodiscard]] std::filesystem::path node_folder(const std::filesystem::path& fleet,
                                                const std::string& node);

/// Throws Error(invalid_input), with file, line and field, for what is no such file or is of a
/// newer derate.
[[nodiscard]] FleetManifest read_manifest(const std::filesystem::path& fleet);
[[nodiscard]] NodeEnd read_node_end(const std::filesystem::path& folder);
/// The same of the text of a file `name`.
[[nodiscard]] NodeEnd parse_node_end(const std::string& name, const std::string& text);

/// As a whole or not at all. Throws Error(output).
void write_manifest(const std::filesystem::path& fleet, const FleetManifest& manifest);
void write_node_end(const std::filesystem::path& folder, const NodeEnd& end);
[[nodiscard]] std::string node_end_text(const NodeEnd& end);

/// Reads node.json, and its files to compare them with it.
[[nodiscard]] NodeStatus status_of_node(const std::filesystem::path& fleet,
                                        const std::string& node);
/// The nodes that have a folder, in order of their names; other things there are passed over.
[[nodiscard]] std::vector<std::string> nodes_with_folder(const std::filesystem::path& fleet);
/// Of the nodes that are expected and of those that have a folder.
[[nodiscard]] std::vector<NodeStatus> status_of_nodes(const std::filesystem::path& fleet,
                                                      const FleetManifest& manifest);

/// Makes the folder of a node that is to be measured, or taken in, empty: what an earlier start
/// left there goes to earlier/NODE.N, so that nothing is lost. Throws Error(output), also where a
/// run is writing there.
std::filesystem::path set_aside_node(const std::filesystem::path& fleet, const std::string& node);

/// Files with the records of a node: those of node.json, or else what it had written when it was
/// killed, for each device a file of its own.
[[nodiscard]] std::vector<std::filesystem::path> record_files_of_node(
    const std::filesystem::path& folder);

}  // namespace derate::fleet
