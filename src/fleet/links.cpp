// SPDX-License-Identifier: Apache-2.0
// Figures over one size of message and one number of GPUs are comparable: of several the most
// frequent is taken.
#include "fleet/links.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/input_file.h"
#include "derate/error.h"
#include "record/link_record.h"

namespace derate::fleet {
namespace {

/// Bytes, and devices of each node.
using LinkKind = std::pair<std::int64_t, std::int64_t>;

LinkKind kind_of(const LinkRecord& record) {
  return {record.bytes, record.devices / static_cast<std::int64_t>(record.nodes.size())};
}

/// How the last start that a file tells of ended for its rank.
struct RankFile {
  std::string name;   ///< NODE-RANK
  std::string start;  ///< empty where the file has no line
  std::string time_utc;
  bool has_end = false;
  LinkEnd end;
};

struct LinkFiles {
  std::vector<LinkRecord> records;
  std::vector<RankFile> ranks;
  std::vector<BadLine> bad;
};

void take_line(const std::string& line, LinkFiles& files, RankFile& rank) {
  LinkLine parsed = parse_link_line(line);
  if (auto* const record = std::get_if<LinkRecord>(&parsed)) {
    if (record->start != rank.start) rank.has_end = false;
    rank.start = record->start;
    rank.time_utc = record->time_utc;
    files.records.push_back(std::move(*record));
    return;
  }
  rank.end = std::get<LinkEnd>(parsed);
  rank.start = rank.end.start;
  rank.time_utc = rank.end.time_utc;
  rank.has_end = true;
}

/// Its lines in the order of time, whichever rank wrote them.
LinkFiles read_files(const std::filesystem::path& folder) {
  LinkFiles files;
  for (const std::filesystem::path& path : link_files(folder)) {
    InputFile file(path);
    RankFile rank{path.stem().string(), "", "", false, {}};
    std::string line;
    while (file.read_line(line)) {
      if (line.empty()) continue;
      try {
        take_line(line, files, rank);
      } catch (const std::invalid_argument& error) {
        const std::string reason = file.was_cut() ? "truncated: " : "";
        files.bad.push_back({file.name(), file.line(), reason + error.what()});
      }
    }
    files.ranks.push_back(std::move(rank));
  }
  std::stable_sort(files.records.begin(), files.records.end(),
                   [](const auto& a, const auto& b) { return a.time_utc < b.time_utc; });
  return files;
}

/// Of what passed; of two as frequent the later.
LinkKind most_frequent(const std::vector<LinkRecord>& records) {
  std::map<LinkKind, std::size_t> frequency;
  LinkKind most;
  for (const LinkRecord& record : records) {
    if (record.outcome != "passed") continue;
    const std::size_t count = ++frequency[kind_of(record)];
    if (count >= frequency[most]) most = kind_of(record);
  }
  return most;
}

std::string who_of(const LinkRecord& record) {
  return record.scope == LinkScope::all ? fmt::format("all {} nodes", record.nodes.size())
                                        : fmt::format("{}", fmt::join(record.nodes, " and "));
}

/// What failed and did not pass since, whichever of its nodes led it.
void add_failures(const std::vector<LinkRecord>& records, FleetLinks& links) {
  std::map<std::pair<LinkScope, std::vector<std::string>>, LinkTrouble> failed;
  for (const LinkRecord& record : records) {
    std::vector<std::string> names = record.nodes;
    std::sort(names.begin(), names.end());
    const std::pair key(record.scope, std::move(names));
    if (record.outcome == "passed") {
      failed.erase(key);
    } else {
      failed[key] = {who_of(record), fmt::format("{}: {}", record.outcome, record.reason)};
    }
  }
  for (auto& [key, trouble] : failed) links.troubles.push_back(std::move(trouble));
}

std::string rank_in(const std::string& name) { return name.substr(name.rfind('-') + 1); }

/// The ranks of the start that wrote last: a node may have had another rank in earlier ones, whose
/// file stays as it was. A file without any line of it counts where no other has its rank.
std::vector<RankFile> ranks_of_last_start(const std::vector<RankFile>& files) {
  const auto last = std::max_element(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.time_utc < b.time_utc;
  });
  std::vector<RankFile> ranks;
  std::set<std::string> known;
  std::int64_t count = 0;  // as those say that have ended; else not known
  for (const RankFile& file : files) {
    if (file.start != last->start) continue;
    ranks.push_back(file);
    known.insert(rank_in(file.name));
    if (file.has_end) count = file.end.ranks;
  }
  std::set<std::string> expected;
  for (std::int64_t rank = 0; rank < count; ++rank) expected.insert(std::to_string(rank));
  std::map<std::string, std::vector<std::string>> silent;
  for (const RankFile& file : files) {
    const std::string rank = rank_in(file.name);
    const bool may_be = count == 0 ? file.start.empty() : expected.contains(rank);
    if (may_be && !known.contains(rank)) silent[rank].push_back(file.name);
  }
  for (const auto& [rank, names] : silent) {
    ranks.push_back({fmt::format("{}", fmt::join(names, " or ")), last->start, "", false, {}});
  }
  return ranks;
}

/// Ranks that did not end well; the same reason on many of them is one line.
void add_ranks(const std::vector<RankFile>& files, FleetLinks& links) {
  std::map<std::string, std::vector<std::string>> ranks;
  for (const RankFile& rank : ranks_of_last_start(files)) {
    if (!rank.has_end) ranks["was ended by force, or still measures"].push_back(rank.name);
    // Whoever measured to the end has told already what failed.
    const bool is_told = rank.has_end && rank.end.reason.empty();
    if (rank.has_end && !is_told) ranks[rank.end.reason].push_back(rank.name);
  }
  constexpr std::size_t kMostNamed = 4;
  for (auto& [reason, names] : ranks) {
    const std::size_t count = names.size();
    names.resize(std::min(count, kMostNamed));
    std::string who = fmt::format("{}", fmt::join(names, ", "));
    if (count > kMostNamed) who += fmt::format(" and {} more ranks", count - kMostNamed);
    links.troubles.push_back({who, reason});
  }
}

std::vector<std::string> node_names(const std::vector<LinkRecord>& records) {
  std::set<std::string> names;
  for (const LinkRecord& record : records) names.insert(record.nodes.begin(), record.nodes.end());
  std::vector<std::string> sorted(names.begin(), names.end());
  // n2 before n10.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  return sorted;
}

std::vector<std::string> switches_of(const std::vector<std::string>& nodes,
                                     const std::map<std::string, std::string>& switches) {
  std::vector<std::string> all;
  for (const std::string& node : nodes) {
    const auto found = switches.find(node);
    if (found == switches.end()) return {};
    all.push_back(found->second);
  }
  return all;
}

class Figures {
 public:
  Figures(FleetLinks& links, const std::vector<std::string>& nodes)
      : links_(links), alone_(nodes.size()) {
    for (std::size_t i = 0; i < nodes.size(); ++i) places_[nodes[i]] = i;
  }

  void add(const LinkRecord& record) {
    const double bytes_per_s = record.bus_bandwidth();
    const std::size_t first = places_.at(record.nodes.front());
    switch (record.scope) {
      case LinkScope::node:
        alone_[first].push_back(bytes_per_s);
        return;
      case LinkScope::pair:
        return links_.pairs.add(first, places_.at(record.nodes.back()), bytes_per_s);
      case LinkScope::all:
        links_.all_bytes_per_s = bytes_per_s;
        links_.all_nodes = record.nodes.size();
    }
  }

  void finish() {
    for (const std::vector<double>& measured : alone_) {
      links_.alone_bytes_per_s.push_back(median(measured));
    }
  }

 private:
  FleetLinks& links_;
  std::map<std::string, std::size_t> places_;
  std::vector<std::vector<double>> alone_;
};

}  // namespace

FleetLinks read_fleet_links(const std::filesystem::path& folder,
                            const std::map<std::string, std::string>& switches) {
  LinkFiles files = read_files(folder);
  FleetLinks links;
  links.bad = std::move(files.bad);
  add_failures(files.records, links);
  if (!files.ranks.empty()) add_ranks(files.ranks, links);
  if (files.records.empty()) {
    const std::string why =
        links.troubles.empty()
            ? ""
            : fmt::format(": {}: {}", links.troubles.front().who, links.troubles.front().reason);
    throw Error(ExitCode::invalid_input,
                fmt::format("{} holds no measurement between nodes{}", folder.string(), why));
  }
  const LinkKind kind = most_frequent(files.records);
  links.bytes = kind.first;
  links.devices_per_node = kind.second;
  const std::vector<std::string> nodes = node_names(files.records);
  links.pairs = PairMatrix(nodes, switches_of(nodes, switches));
  Figures figures(links, nodes);
  for (const LinkRecord& record : files.records) {
    if (record.outcome != "passed") continue;
    if (kind_of(record) != kind) {
      ++links.left_out;
      continue;
    }
    links.library = record.library;
    figures.add(record);
  }
  figures.finish();
  return links;
}

std::vector<LinkNodeRow> judge_link_nodes(const FleetLinks& links, const PairModel& model) {
  std::vector<double> logs;
  for (const double alone : links.alone_bytes_per_s) {
    if (!std::isnan(alone)) logs.push_back(std::log(alone));
  }
  const double usual = median(logs);
  const double cut = pair_cuts(links.pairs.size()).node * scaled_mad(logs);
  std::vector<LinkNodeRow> rows;
  for (std::size_t i = 0; i < links.pairs.size(); ++i) {
    LinkNodeRow row{links.pairs.nodes()[i], links.alone_bytes_per_s[i], kUnknown,
                    model.nodes[i],         model.nodes[i].verdict,     ""};
    const double left = std::log(row.alone_bytes_per_s) - usual;
    row.alone_effect = std::expm1(left);
    if (row.verdict == PairVerdict::slow) row.reason = "with others";
    const bool can_tell = logs.size() >= kFewestForPairs;
    if (can_tell && left < -cut && -row.alone_effect >= model.least_slowdown) {
      row.reason = row.reason.empty() ? "alone" : "both";
      row.verdict = PairVerdict::slow;
    }
    if (row.verdict == PairVerdict::not_told && row.pairs.pairs == 0) row.reason = "no pair passed";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace derate::fleet
