// SPDX-License-Identifier: Apache-2.0
// Reads shard by shard. Nodes are known by folder and host until all is read; then those of one
// name are told apart.
#include "fleet/read_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "derate/error.h"
#include "fleet/fleet_notes.h"
#include "fleet/shard_reader.h"

namespace derate::fleet {
namespace {

/// Where the records of a node were found, from which it gets its name.
struct NodeOrigin {
  std::string root;
  std::string root_name;
  std::set<std::string> sources;
  std::string host;
  bool is_of_fleet = false;
};

/// The fleet of the folder of a node.
std::string fleet_of(const std::string& folder) {
  return std::filesystem::path(folder).parent_path().parent_path().string();
}

std::string place_of(const Shard& shard) { return shard.root + "\n" + shard.source; }

std::string first_digits(const std::string& host) { return host.substr(0, 8); }

class FleetReader {
 public:
  FleetRecords read(const std::vector<std::filesystem::path>& paths) {
    FoundShards found = find_shards(paths);
    result_.notes = std::move(found.notes);
    result_.expected = std::move(found.nodes);
    result_.links = std::move(found.links);
    for (const FleetManifest& manifest : found.manifests) take(manifest);
    for (UnreadPath& unread : found.unread) {
      result_.faults.push_back(
          {unread.path.string(), std::move(unread.source), std::move(unread.what), 0});
    }
    for (const Shard& shard : found.shards) read_shard(shard);
    if (result_.records == 0 && !says_why()) refuse();
    name_nodes();
    name_expected();
    tell_of_shared_hosts();
    return std::move(result_);
  }

 private:
  void take(const FleetManifest& manifest) {
    result_.expected_count += std::max<std::int64_t>(
        manifest.node_count, static_cast<std::int64_t>(manifest.nodes.size()));
    result_.switches.insert(manifest.switches.begin(), manifest.switches.end());
    if (!manifest.started_utc.empty()) result_.started_utc.push_back(manifest.started_utc);
  }

  /// Whether a node of a fleet ended, or cannot be read.
  bool says_why() const {
    return std::any_of(
        result_.expected.begin(), result_.expected.end(),
        [](const ExpectedNode& node) { return node.has_end || !node.reason.empty(); });
  }

  [[noreturn]] void refuse() const {
    if (!result_.faults.empty()) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} {}", result_.faults.front().path, result_.faults.front().what));
    }
    throw Error(ExitCode::invalid_input, "no node has any records");
  }

  /// The node of a record: of a fleet's folder by its name, elsewhere by its host. A host_id does
  /// not do alone: images of machines and containers share one, and old records have none.
  std::uint32_t node_of(const Shard& shard, const Record& record) {
    const std::string& host = shard.is_of_fleet ? host_of_shard_ : record.host_id;
    const std::string place = place_of(shard) + "\n" + host;
    const auto known = node_of_place_.find(place);
    if (known != node_of_place_.end()) return known->second;
    std::uint32_t node = result_.data.node_of(fmt::format(
        "{}\n{}", shard.is_of_fleet ? "node " + shard.source : "folder " + shard.root, host));
    if (is_other_machine(node, record)) {
      if (!shard.is_of_fleet) ++shared_hosts_[host];
      node = result_.data.node_of("place " + place);
    }
    if (origins_.size() <= node) {
      origins_.push_back({shard.root, shard.root_name, {}, host, shard.is_of_fleet});
    }
    origins_[node].sources.insert(shard.source);
    nodes_of_root_[shard.root].insert(node);
    nodes_of_place_[place_of(shard)].insert(node);
    node_of_place_.emplace(place, node);
    return node;
  }

  /// Whether the node has that GPU already from elsewhere, as another or without an identity.
  bool is_other_machine(std::uint32_t node, const Record& record) const {
    const FleetData& data = result_.data;
    bool is_taken = false;
    for (const Gpu& gpu : data.gpus()) {
      if (gpu.node != node || gpu.index != record.device_index) continue;
      if (data.text(gpu.backend) != record.backend) continue;
      if (!record.device_id.empty() && data.text(gpu.id) == record.device_id) return false;
      is_taken = true;
    }
    return is_taken;
  }

  void read_shard(const Shard& shard) {
    std::optional<ShardReader> reader;
    ReadResult read;
    std::string fault;
    bool is_first = true;
    std::string host;
    std::uint32_t node = 0;
    const auto use = [&](const Record& record) {
      if (is_first) host_of_shard_ = record.host_id;
      if (is_first || record.host_id != host) {
        host = record.host_id;
        node = node_of(shard, record);
      }
      is_first = false;
      if (!result_.data.add(record, node)) ++result_.duplicates;
      ++result_.schemas[record.schema];
      ++result_.records;
      ++used_;
    };
    used_ = 0;
    try {
      reader.emplace(shard.path);
      read = read_records(*reader, use);
    } catch (const Error& error) {
      if (error.code() != ExitCode::invalid_input) throw;
      fault = without_name(error.what(), shard.path.string());
    }
    records_of_root_[shard.root] += used_;
    if (reader) {
      reader->finish();
      if (!reader->damage().empty()) fault = reader->damage();
      fault = with_digest(shard, *reader, fault);
    }
    if (fault.empty() && !read.bad.empty()) fault = bad_lines_text(read.bad);
    if (fault.empty()) return;
    result_.faults.push_back(
        {shard.path.string(), shard.source, fmt::format("{}; {}", fault, used_text(used_)), used_});
  }

  static std::string without_name(const std::string& sentence, const std::string& name) {
    if (sentence.starts_with(name + " ")) return sentence.substr(name.size() + 1);
    const std::string unread = "cannot read " + name + ":";
    return sentence.starts_with(unread) ? "cannot be read:" + sentence.substr(unread.size())
                                        : sentence;
  }

  static std::string used_text(std::int64_t used) {
    if (used == 0) return "nothing of it is used";
    return used == 1 ? "1 record of it is used" : fmt::format("{} records of it are used", used);
  }

  static std::string bad_lines_text(const std::vector<BadLine>& bad) {
    return fmt::format("has {} line{} that {} no record{}: line {}: {}", bad.size(),
                       bad.size() == 1 ? "" : "s", bad.size() == 1 ? "is" : "are",
                       bad.size() == 1 ? "" : "s", bad.front().line, bad.front().reason);
  }

  static std::string with_digest(const Shard& shard, const ShardReader& reader,
                                 const std::string& fault) {
    if (!shard.expected) return fault;
    const auto bytes = static_cast<std::uint64_t>(shard.expected->bytes);
    if (reader.bytes() < bytes) {
      return fmt::format("is cut: {} of {} bytes", reader.bytes(), bytes);
    }
    if (reader.bytes() == bytes && reader.xxh3_128() == shard.expected->xxh3_128) return fault;
    return fault.empty() ? "is not the file that node.json names: its digest differs" : fault;
  }

  std::string plain_name(const NodeOrigin& origin) const {
    if (origin.is_of_fleet) return *origin.sources.begin();
    if (nodes_of_root_.at(origin.root).size() == 1) return origin.root_name;
    const std::string& source = *origin.sources.begin();
    const bool is_of_one =
        origin.sources.size() == 1 && nodes_of_place_.at(origin.root + "\n" + source).size() == 1;
    return is_of_one || origin.host.empty() ? source : first_digits(origin.host);
  }

  /// Two machines of one name stay two: by their hosts, or else by where their records lie.
  void name_nodes() {
    std::map<std::string, std::vector<std::size_t>> called;
    for (std::size_t i = 0; i < origins_.size(); ++i) called[plain_name(origins_[i])].push_back(i);
    std::map<std::pair<std::size_t, std::string>, std::vector<std::string>> shared;
    for (const auto& [name, nodes] : called) {
      std::set<std::string> hosts;
      for (const std::size_t i : nodes) hosts.insert(first_digits(origins_[i].host));
      const bool by_host = hosts.size() == nodes.size() && !hosts.contains("");
      for (const std::size_t i : nodes) {
        const NodeOrigin& origin = origins_[i];
        const std::string mark = by_host              ? first_digits(origin.host)
                                 : origin.is_of_fleet ? fleet_of(origin.root)
                                                      : origin.root;
        result_.data.nodes()[i].name =
            nodes.size() == 1 ? name : fmt::format("{} ({})", name, mark);
      }
      if (nodes.size() < 2) continue;
      const std::string told_by = by_host ? "their host_id" : "their folders";
      shared[{nodes.size(), told_by}].push_back(name);
    }
    for (const auto& [how, names] : shared) {
      result_.notes.push_back(fmt::format("{} machines {} called {}: they are told apart by {}",
                                          how.first, names.size() == 1 ? "are" : "each are",
                                          list_of_names(names), how.second));
    }
  }

  /// As their records are called; a node without any, whose name is in several fleets, by its
  /// fleet. One that several fleets measured is expected once.
  void name_expected() {
    std::map<std::string, int> fleets;
    for (const ExpectedNode& node : result_.expected) ++fleets[node.name];
    std::set<std::string> names;
    for (ExpectedNode& node : result_.expected) {
      node.records = records_of_root_[node.folder];
      const auto found = nodes_of_root_.find(node.folder);
      if (found != nodes_of_root_.end() && found->second.size() == 1) {
        node.name = result_.data.nodes()[*found->second.begin()].name;
      } else if (fleets[node.name] > 1) {
        node.name += fmt::format(" ({})", fleet_of(node.folder));
      }
      if (!node.switch_name.empty()) result_.switches[node.name] = node.switch_name;
      if (!names.insert(node.name).second) --result_.expected_count;
    }
  }

  /// Records of one host_id that are of several machines.
  void tell_of_shared_hosts() {
    for (const auto& [host, folders] : shared_hosts_) {
      result_.notes.push_back(
          fmt::format("{} machines {}: they are told apart by their folders", folders + 1,
                      host.empty() ? "have no host_id" : "have the host_id " + first_digits(host)));
    }
  }

  FleetRecords result_;
  std::vector<NodeOrigin> origins_;                     ///< of each node
  std::map<std::string, std::uint32_t> node_of_place_;  ///< of folder, source and host
  std::map<std::string, std::set<std::uint32_t>> nodes_of_root_;
  std::map<std::string, std::set<std::uint32_t>> nodes_of_place_;
  std::map<std::string, std::int64_t> records_of_root_;
  std::map<std::string, std::size_t> shared_hosts_;  ///< folders that name another's
  std::string host_of_shard_;
  std::int64_t used_ = 0;
};

}  // namespace

FleetRecords read_fleet(const std::vector<std::filesystem::path>& paths) {
  return FleetReader().read(paths);
}

}  // namespace derate::fleet
