// SPDX-License-Identifier: Apache-2.0
// Looks into folders two deep. A fleet's node.json is read first, for the digests of its files.
#include "fleet/find_shards.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/missing_file.h"
#include "derate/error.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

bool is_shard_name(const std::string& name) {
  return name.ends_with(".jsonl") || name.ends_with(".jsonl.zst");
}

/// Beside records.jsonl a run writes records of stages, which say nothing of a whole product.
bool is_records_name(const std::string& name) {
  return is_shard_name(name) && !name.starts_with("attribution.");
}

bool is_named_records(const fs::path& path) {
  return path.filename().string().starts_with("records.jsonl");
}

std::string without_ending(const std::string& name) { return name.substr(0, name.rfind(".jsonl")); }

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// Its own name, also of "." and of "folder/".
std::string name_of(const fs::path& path) {
  std::error_code failed;
  fs::path whole = fs::absolute(path, failed).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.filename().string();
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

/// Files of records in a folder; plain ones stand for the compressed ones of the same name.
std::vector<fs::path> records_of(const fs::path& folder, bool only_named_records) {
  std::vector<fs::path> found;
  for (const fs::path& path : sorted_entries(folder)) {
    const std::string name = path.filename().string();
    if (!is_records_name(name) || is_folder(path)) continue;
    if (only_named_records && !is_named_records(path)) continue;
    const bool is_copy =
        name.ends_with(".zst") && !found.empty() && found.back().string() + ".zst" == path.string();
    if (!is_copy) found.push_back(path);
  }
  return found;
}

class ShardFinder {
 public:
  void look_at(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (!fs::exists(status)) {
      throw MissingFile(fmt::format("cannot read {}: No such file or directory", path.string()));
    }
    if (!fs::is_directory(status)) return add_file(path, path.string(), "");
    if (fs::exists(path / kManifestFile, failed) || is_folder(path / "nodes")) {
      return add_fleet(path);
    }
    const std::size_t before = found_.shards.size();
    add_folder(path);
    if (found_.shards.size() == before) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} holds no records: no fleet.json, no records.jsonl and no folder "
                              "that has one",
                              path.string()));
    }
  }

  FoundShards take() { return std::move(found_); }

 private:
  void add_file(const fs::path& path, const std::string& root, const std::string& root_name) {
    const std::string file = path.filename().string();
    const std::string source =
        is_named_records(path) ? name_of(fs::absolute(path).parent_path()) : without_ending(file);
    found_.shards.push_back(
        {path, source, root, root_name.empty() ? source : root_name, false, {}});
  }

  /// A run, several devices of one, or a collection of either.
  void add_folder(const fs::path& folder) {
    const std::string name = name_of(folder);
    const std::vector<fs::path> own = records_of(folder, false);
    const bool is_run = std::any_of(own.begin(), own.end(), is_named_records);
    for (const fs::path& path : own) {
      if (is_run != is_named_records(path)) continue;
      // Files of other names are a node each; records.jsonl is the folder's.
      if (is_run) {
        add_file(path, folder.string(), name);
      } else {
        add_file(path, path.string(), "");
      }
    }
    for (const fs::path& path : sorted_entries(folder)) {
      if (!is_folder(path)) continue;
      for (const fs::path& records : records_of(path, true)) {
        add_file(records, folder.string(), name);
      }
      for (const fs::path& inner : sorted_entries(path)) {  // several devices of a node
        if (!is_folder(inner)) continue;
        for (const fs::path& records : records_of(inner, true)) {
          add_file(records, path.string(), name_of(path));
        }
      }
    }
  }

  void add_fleet(const fs::path& fleet) {
    std::error_code failed;
    FleetManifest manifest;
    if (fs::exists(fleet / kManifestFile, failed)) {
      manifest = read_manifest(fleet);
    } else {
      found_.notes.push_back(
          fmt::format("{} has no fleet.json, so that a node of which nothing came cannot be "
                      "missed",
                      fleet.string()));
    }
    std::vector<std::string> names = manifest.nodes;
    for (const std::string& name : nodes_with_folder(fleet)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (const std::string& name : names) add_node(fleet, name);
    found_.manifests.push_back(std::move(manifest));
    if (is_folder(fleet / "links")) {
      for (const fs::path& path : sorted_entries(fleet / "links")) {
        if (is_shard_name(path.filename().string())) found_.links.push_back(path);
      }
    }
  }

  void add_node(const fs::path& fleet, const std::string& name) {
    const fs::path folder = node_folder(fleet, name);
    ExpectedNode node{name, is_folder(folder), false, 0, "", ""};
    std::error_code failed;
    std::vector<NodeFile> files;
    if (node.has_folder && fs::exists(folder / kNodeEndFile, failed)) {
      try {
        const NodeEnd end = read_node_end(folder);
        node.has_end = true;
        node.exit_code = end.exit_code;
        node.reason = end.reason;
        node.started_utc = end.started_utc;
        files = end.files;
      } catch (const Error& error) {
        node.reason = error.what();
      }
    }
    if (node.has_folder) add_shards_of_node(folder, name, files);
    found_.nodes.push_back(std::move(node));
  }

  void add_shards_of_node(const fs::path& folder, const std::string& name,
                          const std::vector<NodeFile>& files) {
    std::vector<fs::path> paths = records_of(folder, true);
    for (const fs::path& inner : sorted_entries(folder)) {
      if (!is_folder(inner)) continue;
      const std::vector<fs::path> more = records_of(inner, true);
      paths.insert(paths.end(), more.begin(), more.end());
    }
    for (const fs::path& path : paths) {
      Shard shard{path, name, folder.string(), name, true, {}};
      const std::string inside = path.lexically_relative(folder).string();
      for (const NodeFile& file : files) {
        if (file.name == inside) shard.expected = file;
      }
      found_.shards.push_back(std::move(shard));
    }
    std::error_code failed;
    for (const NodeFile& file : files) {
      if (!is_records_name(fs::path(file.name).filename().string())) continue;
      if (fs::exists(folder / file.name, failed)) continue;
      found_.notes.push_back(
          fmt::format("{} is missing, which node.json names", (folder / file.name).string()));
    }
  }

  FoundShards found_;
};

}  // namespace

FoundShards find_shards(const std::vector<fs::path>& paths) {
  ShardFinder finder;
  for (const fs::path& path : paths) finder.look_at(path);
  return finder.take();
}

}  // namespace derate::fleet
