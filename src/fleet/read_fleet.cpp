// SPDX-License-Identifier: Apache-2.0
// Reads shard by shard. Nodes are known by folder and host until all is read; then those of one
// name are told apart.
#include "fleet/read_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "derate/error.h"
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

std::string first_digits(const std::string& host) { return host.substr(0, 8); }

class FleetReader {
 public:
  FleetRecords read(const std::vector<std::filesystem::path>& paths) {
    FoundShards found = find_shards(paths);
    result_.notes = std::move(found.notes);
    result_.expected = std::move(found.nodes);
    result_.links = std::move(found.links);
    for (const FleetManifest& manifest : found.manifests) take(manifest);
    for (const Shard& shard : found.shards) read_shard(shard);
    if (result_.records == 0) refuse();
    name_nodes();
    return std::move(result_);
  }

 private:
  void take(const FleetManifest& manifest) {
    result_.expected_count += std::max<std::int64_t>(
        manifest.node_count, static_cast<std::int64_t>(manifest.nodes.size()));
    result_.switches.insert(manifest.switches.begin(), manifest.switches.end());
    if (!manifest.started_utc.empty()) result_.started_utc.push_back(manifest.started_utc);
  }

  [[noreturn]] void refuse() const {
    if (!result_.faults.empty()) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} {}", result_.faults.front().path, result_.faults.front().what));
    }
    throw Error(ExitCode::invalid_input, "no node has any records");
  }

  /// The node of a record: of a fleet's folder by its name, elsewhere by its host.
  std::uint32_t node_of(const Shard& shard, const Record& record) {
    const std::string& host = shard.is_of_fleet ? host_of_shard_ : record.host_id;
    const std::string key = fmt::format(
        "{}\n{}", shard.is_of_fleet ? "node " + shard.source : "folder " + shard.root, host);
    const std::uint32_t node = result_.data.node_of(key);
    if (origins_.size() <= node) {
      origins_.push_back({shard.root, shard.root_name, {}, host, shard.is_of_fleet});
    }
    origins_[node].sources.insert(shard.source);
    hosts_of_root_[shard.root].insert(host);
    hosts_of_source_[shard.root + "\n" + shard.source].insert(host);
    return node;
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
    return sentence.starts_with(name + " ") ? sentence.substr(name.size() + 1) : sentence;
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
    if (hosts_of_root_.at(origin.root).size() == 1) return origin.root_name;
    const std::string& source = *origin.sources.begin();
    const bool is_of_one =
        origin.sources.size() == 1 && hosts_of_source_.at(origin.root + "\n" + source).size() == 1;
    return is_of_one ? source : first_digits(origin.host);
  }

  /// Two machines of one name stay two.
  void name_nodes() {
    std::map<std::string, int> count;
    for (const NodeOrigin& origin : origins_) ++count[plain_name(origin)];
    for (std::size_t i = 0; i < origins_.size(); ++i) {
      const std::string name = plain_name(origins_[i]);
      const bool is_several = count[name] > 1;
      result_.data.nodes()[i].name =
          is_several ? fmt::format("{} ({})", name, first_digits(origins_[i].host)) : name;
    }
    for (const auto& [name, times] : count) {
      if (times < 2) continue;
      result_.notes.push_back(fmt::format(
          "{} machines are called {}: they are told apart by their host_id", times, name));
    }
  }

  FleetRecords result_;
  std::vector<NodeOrigin> origins_;  ///< of each node
  std::map<std::string, std::set<std::string>> hosts_of_root_;
  std::map<std::string, std::set<std::string>> hosts_of_source_;
  std::string host_of_shard_;
  std::int64_t used_ = 0;
};

}  // namespace

FleetRecords read_fleet(const std::vector<std::filesystem::path>& paths) {
  return FleetReader().read(paths);
}

}  // namespace derate::fleet
