// SPDX-License-Identifier: Apache-2.0
// Looks into folders two deep. A fleet's node.json is read first, for the digests of its files.
#include "fleet/find_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/missing_file.h"
#include "derate/error.h"
#include "fleet/folder_entry.h"
#include "fleet/node_names.h"

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

/// Its own name, also of "." and of "folder/".
std::string name_of(const fs::path& path) {
  std::error_code failed;
  fs::path whole = fs::absolute(path, failed).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.filename().string();
}

class ShardFinder {
 public:
  void look_at(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (!fs::exists(status)) {
      throw MissingFile(fmt::format("cannot read {}: {}", path.string(), failed.message()));
    }
    if (!fs::is_directory(status)) return add_file(path, path.string(), "");
    const EntryKind manifest = entry_at(path / kManifestFile).kind;
    if ((manifest != EntryKind::none && manifest != EntryKind::unreadable) ||
        is_folder(path / "nodes")) {
      return add_fleet(path);
    }
    const std::size_t before = found_.shards.size();
    add_folder(path);
    if (found_.shards.size() == before) refuse_empty(path);
  }

  FoundShards take() {
    keep_one_of_each();
    return std::move(found_);
  }

 private:
  [[noreturn]] void refuse_empty(const fs::path& path) const {
    if (!found_.unread.empty()) {
      throw Error(ExitCode::invalid_input, fmt::format("{} {}", found_.unread.back().path.string(),
                                                       found_.unread.back().what));
    }
    throw Error(ExitCode::invalid_input,
                fmt::format("{} holds no records: no fleet.json, no records.jsonl and no folder "
                            "that has one",
                            path.string()));
  }

  /// A file that was named twice, also as one of a fleet's, is read once.
  void keep_one_of_each() {
    std::stable_sort(found_.shards.begin(), found_.shards.end(),
                     [](const Shard& a, const Shard& b) { return a.is_of_fleet > b.is_of_fleet; });
    std::set<fs::path> seen;
    const std::size_t twice = std::erase_if(found_.shards, [&](const Shard& shard) {
      std::error_code failed;
      if (!fs::is_regular_file(shard.path, failed)) return false;
      const fs::path whole = fs::canonical(shard.path, failed);
      return !failed && !seen.insert(whole).second;
    });
    if (twice == 0) return;
    found_.notes.push_back(
        fmt::format("{} file{} named twice, and read once", twice, twice == 1 ? " was" : "s were"));
  }

  void add_unread(const fs::path& path, const std::string& source, const std::string& what) {
    if (told_.insert(path).second) found_.unread.push_back({path, source, what});
  }

  /// Of what is in a folder; what cannot be read is kept for the notes.
  std::vector<fs::path> entries_of(const fs::path& folder, const std::string& source) {
    FolderList list = list_of(folder);
    if (!list.fault.empty()) add_unread(folder, source, list.fault);
    return std::move(list.paths);
  }

  static bool is_folder(const fs::path& path) { return entry_at(path).kind == EntryKind::folder; }

  std::vector<fs::path> folders_in(const fs::path& folder, const std::string& source) {
    std::vector<fs::path> found;
    for (const fs::path& path : entries_of(folder, source)) {
      const FolderEntry entry = entry_at(path);
      if (entry.kind == EntryKind::folder) found.push_back(path);
      if (entry.kind == EntryKind::unreadable) add_unread(path, source, entry.fault);
    }
    return found;
  }

  /// Files of records in a folder; plain ones stand for the compressed ones of the same name. Only
  /// regular ones, since reading a pipe that happens to lie there would never end.
  std::vector<fs::path> records_of(const fs::path& folder, const std::string& source,
                                   bool only_named_records) {
    std::vector<fs::path> found;
    for (const fs::path& path : entries_of(folder, source)) {
      const std::string name = path.filename().string();
      if (!is_records_name(name)) continue;
      if (only_named_records && !is_named_records(path)) continue;
      const FolderEntry entry = entry_at(path);
      if (entry.kind != EntryKind::file) {
        if (entry.kind != EntryKind::folder) add_unread(path, source, entry.fault);
        continue;
      }
      const bool is_copy = name.ends_with(".zst") && !found.empty() &&
                           found.back().string() + ".zst" == path.string();
      if (!is_copy) found.push_back(path);
    }
    return found;
  }

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
    const std::vector<fs::path> own = records_of(folder, name, false);
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
    for (const fs::path& path : folders_in(folder, name)) {
      const std::string source = name_of(path);
      for (const fs::path& records : records_of(path, source, true)) {
        add_file(records, folder.string(), name);
      }
      for (const fs::path& inner : folders_in(path, source)) {  // several devices of a node
        for (const fs::path& records : records_of(inner, source, true)) {
          add_file(records, path.string(), source);
        }
      }
    }
  }

  void add_fleet(const fs::path& fleet) {
    std::error_code failed;
    const fs::path whole = fs::canonical(fleet, failed);
    if (!fleets_.insert(failed ? fleet : whole).second) {
      found_.notes.push_back(fmt::format("{} was named twice, and read once", fleet.string()));
      return;
    }
    FleetManifest manifest = manifest_of(fleet);
    std::vector<std::string> names = manifest.nodes;
    for (const std::string& name : names_of_folders(fleet / "nodes")) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (const std::string& name : names) {
      add_node(fleet, name);
      const auto found = manifest.switches.find(name);
      if (found != manifest.switches.end()) found_.nodes.back().switch_name = found->second;
    }
    found_.manifests.push_back(std::move(manifest));
    if (is_folder(fleet / "links")) add_links(fleet / "links");
  }

  FleetManifest manifest_of(const fs::path& fleet) {
    const fs::path path = fleet / kManifestFile;
    const FolderEntry entry = entry_at(path);
    if (entry.kind == EntryKind::none) {
      found_.notes.push_back(
          fmt::format("{} has no fleet.json, so that a node of which nothing came cannot be "
                      "missed",
                      fleet.string()));
      return {};
    }
    if (entry.kind == EntryKind::file) return read_manifest(fleet);
    throw Error(ExitCode::invalid_input, fmt::format("{} {}", path.string(), entry.fault));
  }

  void add_links(const fs::path& folder) {
    for (const fs::path& path : entries_of(folder, "links")) {
      if (!is_shard_name(path.filename().string())) continue;
      const FolderEntry entry = entry_at(path);
      if (entry.kind == EntryKind::file) {
        found_.links.push_back(path);
      } else {
        add_unread(path, "links", entry.fault);
      }
    }
  }

  /// Of nodes; a folder that can be none's is told of where it holds records.
  std::vector<std::string> names_of_folders(const fs::path& nodes) {
    std::vector<std::string> names;
    if (entry_at(nodes).kind == EntryKind::none) return names;
    for (const fs::path& path : folders_in(nodes, "nodes")) {
      const std::string name = path.filename().string();
      const std::string fault = fault_of_node_name(name);
      if (fault.empty()) {
        names.push_back(name);
      } else if (!records_of(path, name, true).empty()) {
        found_.notes.push_back(
            fmt::format("{} is left out, since its name is no node's: {}", path.string(), fault));
      }
    }
    return names;
  }

  void add_node(const fs::path& fleet, const std::string& name) {
    const fs::path folder = node_folder(fleet, name);
    const FolderEntry entry = entry_at(folder);
    ExpectedNode node;
    node.name = name;
    node.folder = folder.string();
    node.has_folder = entry.kind == EntryKind::folder;
    std::vector<NodeFile> files;
    if (node.has_folder) {
      const std::string fault = list_of(folder).fault;
      if (fault.empty()) {
        files = read_end(folder, node);
      } else {
        node.reason = "its folder " + fault;
      }
      add_shards_of_node(folder, name, files);
    } else if (entry.kind == EntryKind::unreadable) {
      node.has_folder = true;
      node.reason = "its folder " + entry.fault;
      if (!told_.contains(folder.parent_path())) add_unread(folder, name, entry.fault);
    }
    found_.nodes.push_back(std::move(node));
  }

  /// Of a node that ended; the files that node.json names.
  static std::vector<NodeFile> read_end(const fs::path& folder, ExpectedNode& node) {
    const FolderEntry entry = entry_at(folder / kNodeEndFile);
    if (entry.kind == EntryKind::none) return {};
    if (entry.kind != EntryKind::file) {
      node.reason = "its node.json " + entry.fault;
      return {};
    }
    try {
      NodeEnd end = read_node_end(folder);
      if (end.node != node.name) {
        node.reason = "its node.json is of node " + end.node;
        return {};
      }
      node.has_end = true;
      node.has_files = !end.files.empty();
      node.exit_code = end.exit_code;
      node.reason = end.reason;
      node.started_utc = end.started_utc;
      return std::move(end.files);
    } catch (const Error& error) {
      node.reason = error.what();
      return {};
    }
  }

  void add_shards_of_node(const fs::path& folder, const std::string& name,
                          const std::vector<NodeFile>& files) {
    std::vector<fs::path> paths = records_of(folder, name, true);
    for (const fs::path& inner : folders_in(folder, name)) {
      const std::vector<fs::path> more = records_of(inner, name, true);
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
    for (const NodeFile& file : files) {
      if (!is_records_name(fs::path(file.name).filename().string())) continue;
      const FolderEntry entry = entry_at(folder / file.name);
      if (entry.kind == EntryKind::file) continue;
      add_unread(folder / file.name, name, entry.fault + "; node.json names it");
    }
  }

  std::set<fs::path> told_;
  std::set<fs::path> fleets_;
  FoundShards found_;
};

}  // namespace

FoundShards find_shards(const std::vector<fs::path>& paths) {
  ShardFinder finder;
  for (const fs::path& path : paths) finder.look_at(path);
  return finder.take();
}

}  // namespace derate::fleet
