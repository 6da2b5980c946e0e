// SPDX-License-Identifier: Apache-2.0
// Both files of JSON are read field by field, so that what is wrong is named with its line.
#include "fleet/fleet_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/input_file.h"
#include "base/json_file.h"
#include "base/json_text.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/node_names.h"
#include "fleet/shard_reader.h"
#include "record/output_folder.h"

namespace derate::fleet {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

void require_schema(const JsonFile& file) {
  const std::int64_t schema = file.count(file.root(), "", "schema");
  if (schema >= 1 && schema <= kFleetSchema) return;
  file.refuse("schema", fmt::format("is {}; this derate reads schema {}", schema, kFleetSchema));
}

std::string time_field(const JsonFile& file, const std::string& key) {
  std::string time = file.text(file.root(), "", key);
  if (!is_time_utc(time)) file.refuse(key, "is no time such as 2026-11-21T01:02:03Z");
  return time;
}

/// The texts of a list, each with its place: "nodes[3]".
std::vector<std::string> texts_of(const JsonFile& file, const std::string& key) {
  std::vector<std::string> texts;
  for (const Json& value : file.list(file.root(), "", key)) {
    if (!value.is_string())
      file.refuse(fmt::format("{}[{}]", key, texts.size()), "is not a string");
    texts.push_back(value);
  }
  return texts;
}

void require_node_names(const JsonFile& file, const std::vector<std::string>& nodes) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string field = fmt::format("nodes[{}]", i);
    const std::string fault = fault_of_node_name(nodes[i]);
    if (!fault.empty()) file.refuse(field, "is no name of a node: " + fault);
    if (!seen.insert(nodes[i]).second) file.refuse(field, "is there twice");
  }
}

std::map<std::string, std::string> switches_of(const JsonFile& file) {
  std::map<std::string, std::string> switches;
  if (!file.root().contains("switches")) return switches;
  const Json& object = file.field(file.root(), "", "switches");
  if (!object.is_object()) file.refuse("switches", "is not an object");
  for (const auto& [node, name] : object.items()) {
    switches[node] = file.some_text(object, "switches", node);
  }
  return switches;
}

bool is_digest(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A name in the node's own folder, which leads out of it by no means.
bool is_file_name(std::string_view name) { return fault_of_node_name(name).empty(); }

std::vector<NodeFile> files_of(const JsonFile& file) {
  std::vector<NodeFile> files;
  for (const Json& object : file.list(file.root(), "", "files")) {
    const std::string at = fmt::format("files[{}]", files.size());
    NodeFile each = {file.text(object, at, "name"), file.count(object, at, "bytes"),
                     file.text(object, at, "xxh3_128")};
    if (!is_file_name(each.name)) file.refuse(at + ".name", "is no name of a file");
    if (!is_digest(each.xxh3_128)) file.refuse(at + ".xxh3_128", "is not 32 hexadecimal digits");
    files.push_back(std::move(each));
  }
  return files;
}

NodeEnd node_end_of(const JsonFile& file) {
  require_schema(file);
  NodeEnd end;
  end.node = file.text(file.root(), "", "node");
  const std::string fault = fault_of_node_name(end.node);
  if (!fault.empty()) file.refuse("node", "is no name of a node: " + fault);
  end.started_utc = time_field(file, "started_utc");
  end.ended_utc = time_field(file, "ended_utc");
  end.exit_code = file.count(file.root(), "", "exit_code");
  end.reason = file.text(file.root(), "", "reason");
  if (end.exit_code != 0 && end.reason.empty()) file.refuse("reason", "is empty");
  end.files = files_of(file);
  return end;
}

/// What is wrong with a file; empty where it is as node.json says.
std::string fault_of_file(const fs::path& folder, const NodeFile& file) {
  std::error_code failed;
  const std::uintmax_t bytes = fs::file_size(folder / file.name, failed);
  if (failed) return fmt::format("{}: {}", file.name, failed.message());
  if (bytes != static_cast<std::uintmax_t>(file.bytes)) {
    return fmt::format("{} has {} bytes, not the {} that node.json says: it was {}", file.name,
                       bytes, file.bytes,
                       bytes < static_cast<std::uintmax_t>(file.bytes) ? "cut" : "changed");
  }
  ShardReader reader(folder / file.name);
  reader.finish();
  if (!reader.damage().empty()) return fmt::format("{} {}", file.name, reader.damage());
  if (reader.xxh3_128() == file.xxh3_128) return "";
  return fmt::format("{} was changed: its digest is not the one in node.json", file.name);
}

/// The folder itself, and those of several devices in it.
std::vector<fs::path> device_folders(const fs::path& folder) {
  std::vector<fs::path> folders = {folder};
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_directory(failed)) folders.push_back(entry.path());
  }
  std::sort(folders.begin() + 1, folders.end());
  return folders;
}

}  // namespace

std::string_view to_string(NodeState state) {
  constexpr std::array<std::string_view, 5> kNames = {"measured", "failed", "damaged", "no end",
                                                      "missing"};
  return kNames.at(static_cast<std::size_t>(state));
}

fs::path node_folder(const fs::path& fleet, const std::string& node) {
  return fleet / "nodes" / node;
}

FleetManifest read_manifest(const fs::path& fleet) {
  const JsonFile file(fleet / kManifestFile);
  require_schema(file);
  FleetManifest manifest;
  manifest.tool_version = file.text(file.root(), "", "tool_version");
  manifest.engine = file.some_text(file.root(), "", "engine");
  manifest.started_utc = time_field(file, "started_utc");
  manifest.nodes = texts_of(file, "nodes");
  require_node_names(file, manifest.nodes);
  manifest.node_count = file.count(file.root(), "", "node_count");
  manifest.run_options = texts_of(file, "run_options");
  manifest.switches = switches_of(file);
  return manifest;
}

void write_manifest(const fs::path& fleet, const FleetManifest& manifest) {
  Json json = {{"schema", kFleetSchema},
               {"tool_version", manifest.tool_version},
               {"engine", manifest.engine},
               {"started_utc", manifest.started_utc},
               {"nodes", manifest.nodes},
               {"node_count", manifest.node_count},
               {"run_options", manifest.run_options}};
  if (!manifest.switches.empty()) json["switches"] = manifest.switches;
  replace_file(fleet / kManifestFile, json_text(json) + "\n");
}

NodeEnd read_node_end(const fs::path& folder) {
  return node_end_of(JsonFile(folder / kNodeEndFile));
}

NodeEnd parse_node_end(const std::string& name, const std::string& text) {
  return node_end_of(JsonFile(name, text));
}

std::string node_end_text(const NodeEnd& end) {
  Json files = Json::array();
  for (const NodeFile& file : end.files) {
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"xxh3_128", file.xxh3_128}});
  }
  const Json json = {{"schema", kFleetSchema},
                     {"node", end.node},
                     {"started_utc", end.started_utc},
                     {"ended_utc", end.ended_utc},
                     {"exit_code", end.exit_code},
                     {"reason", end.reason},
                     {"files", files}};
  return dumped(json, 2) + "\n";
}

void write_node_end(const fs::path& folder, const NodeEnd& end) {
  replace_file(folder / kNodeEndFile, node_end_text(end));
}

NodeStatus status_of_node(const fs::path& fleet, const std::string& node) {
  const fs::path folder = node_folder(fleet, node);
  NodeStatus status{node, NodeState::missing, "nothing of it is there", std::nullopt};
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return status;
  if (!fs::exists(folder / kNodeEndFile, failed)) {
    status.state = NodeState::no_end;
    status.reason = "it has no node.json: it still runs, or was killed";
    return status;
  }
  status.state = NodeState::damaged;
  try {
    status.end = read_node_end(folder);
    if (status.end->node != node) {
      status.reason = fmt::format("its node.json is of node {}", status.end->node);
      return status;
    }
    for (const NodeFile& file : status.end->files) {
      status.reason = fault_of_file(folder, file);
      if (!status.reason.empty()) return status;
    }
  } catch (const Error& error) {  // node.json, or a file that cannot be read
    status.reason = error.what();
    return status;
  }
  status.state = status.end->exit_code == 0 ? NodeState::measured : NodeState::failed;
  status.reason = status.end->reason;
  return status;
}

std::vector<std::string> nodes_with_folder(const fs::path& fleet) {
  std::vector<std::string> nodes;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(fleet / "nodes", failed)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(failed) && fault_of_node_name(name).empty()) nodes.push_back(name);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::vector<NodeStatus> status_of_nodes(const fs::path& fleet, const FleetManifest& manifest) {
  std::vector<std::string> nodes = manifest.nodes;
  const std::set<std::string> expected(nodes.begin(), nodes.end());
  for (const std::string& node : nodes_with_folder(fleet)) {
    if (!expected.contains(node)) nodes.push_back(node);
  }
  std::vector<NodeStatus> all;
  for (const std::string& node : nodes) all.push_back(status_of_node(fleet, node));
  return all;
}

fs::path set_aside_node(const fs::path& fleet, const std::string& node) {
  fs::path folder = node_folder(fleet, node);
  std::error_code failed;
  {
    const HeldFolder held(folder);  // refuses one that a run writes to
    if (!fs::is_empty(folder, failed)) {
      fs::create_directories(fleet / "earlier", failed);
      fs::path earlier;
      for (int n = 1; earlier.empty() || fs::exists(earlier, failed); ++n) {
        earlier = fleet / "earlier" / fmt::format("{}.{}", node, n);
      }
      fs::rename(folder, earlier, failed);
      if (failed) cannot_write(folder, failed.message());
    }
  }
  fs::create_directories(folder, failed);
  if (failed) cannot_write(folder, failed.message());
  return folder;
}

std::vector<fs::path> record_files_of_node(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  if (fs::exists(folder / kNodeEndFile, failed)) {
    for (const NodeFile& file : read_node_end(folder).files) {
      if (file.name.starts_with("records.jsonl")) files.push_back(folder / file.name);
    }
    if (!files.empty()) return files;
  }
  for (const fs::path& each : device_folders(folder)) {
    if (fs::is_regular_file(each / "records.jsonl", failed))
      files.push_back(each / "records.jsonl");
  }
  // Written before node.json, and before the plain ones go.
  const bool has_shard = fs::is_regular_file(folder / kShardFile, failed);
  if (files.empty() && has_shard) files.push_back(folder / kShardFile);
  return files;
}

}  // namespace derate::fleet
