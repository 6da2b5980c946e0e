// SPDX-License-Identifier: Apache-2.0
// Lines are taken in any order; a file is whole when all of its parts are there, and what it should
// be when size and digest are those of node.json, which comes with it. Lines say nothing of their
// start, but a node.json names its own files by their digests.
#include "fleet/shard_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/base64.h"
#include "base/file.h"
#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/digest.h"
#include "fleet/node_names.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPart_bytes = 480;  // with the longest name still below 1,024 letters
constexpr std::size_t kMostParts = 10'000'000;

/// The next word of a line, which is taken from it.
std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <typename Number>
bool is_number(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [read_to, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && read_to == end;
}

void write_file_lines(std::ostream& out, const std::string& node, const std::string& file,
                      std::string_view bytes) {
  const std::size_t count =
      std::max<std::size_t>(1, (bytes.size() + kPart_bytes - 1) / kPart_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    out << fmt::format("{}{} file {} {}/{} {}\n", kShardMark, node, file, i + 1, count,
                       base64(bytes.substr(std::min(i * kPart_bytes, bytes.size()), kPart_bytes)));
  }
}

/// A node whose run cannot be taken in; what is known of it stays.
NodeEnd failed_end(const std::string& node, std::int64_t exit_code, std::string reason) {
  const std::string now = now_utc();
  return {node, now, now, exit_code == 0 ? 1 : exit_code, std::move(reason), {}};
}

}  // namespace

void write_shard_lines(std::ostream& out, const fs::path& folder, const NodeEnd& end) {
  for (const NodeFile& file : end.files) {
    write_file_lines(out, end.node, file.name, text_of_file(folder / file.name));
  }
  write_file_lines(out, end.node, kNodeEndFile, node_end_text(end));
}

void ShardGatherer::read(InputFile& in) {
  for (std::string line; in.read_line(line);) take(line);
}

void ShardGatherer::take(std::string_view line) {
  const std::size_t mark = line.find(kShardMark);
  if (mark == std::string_view::npos) return;
  line.remove_prefix(mark + kShardMark.size());
  while (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view name = next_word(line);
  if (!fault_of_node_name(name).empty()) return;
  const std::string_view kind = next_word(line);
  if (kind == "begin") nodes_.try_emplace(std::string(name));
  if (kind == "file") take_part(nodes_[std::string(name)], line);
  if (kind == "failed") {
    Node& node = nodes_[std::string(name)];
    if (is_number(next_word(line), node.exit_code)) node.failure = fit_text::cut(line, 400);
  }
}

void ShardGatherer::take_part(Node& node, std::string_view words) {
  const std::string_view file = next_word(words);
  const std::string_view place = next_word(words);
  const std::size_t slash = place.find('/');
  std::size_t part = 0;
  std::size_t count = 0;
  if (slash == std::string_view::npos || !is_number(place.substr(0, slash), part) ||
      !is_number(place.substr(slash + 1), count) || part < 1 || part > count ||
      count > kMostParts || !fault_of_node_name(file).empty()) {
    return;  // a line that was cut
  }
  std::optional<std::string> bytes = bytes_of_base64(words);
  if (!bytes) return;
  Versions& versions = node.files[std::string(file)];
  for (const Parts& parts : versions) {  // the same log twice is nothing new
    const auto found = parts.came.find(part);
    if (parts.count == count && found != parts.came.end() && found->second == *bytes) return;
  }
  const bool is_next =
      !versions.empty() && versions.back().count == count && !versions.back().came.contains(part);
  if (!is_next) versions.push_back({count, {}});
  versions.back().came.emplace(part, std::move(*bytes));
}

std::vector<std::string> ShardGatherer::nodes() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

/// The versions of a file of which all parts came, in this or in one before.
std::vector<std::string> ShardGatherer::wholes_of(const Versions& versions) {
  std::vector<std::string> wholes;
  std::map<std::pair<std::size_t, std::size_t>, std::string_view> latest;  // of this many -> bytes
  for (const Parts& parts : versions) {
    for (const auto& [part, bytes] : parts.came) latest[{parts.count, part}] = bytes;
    const auto first = latest.lower_bound({parts.count, 0});
    const auto end = latest.lower_bound({parts.count + 1, 0});
    if (static_cast<std::size_t>(std::distance(first, end)) != parts.count) continue;
    std::string& whole = wholes.emplace_back();
    for (auto at = first; at != end; ++at) whole += at->second;
  }
  return wholes;
}

/// The start that ended with this node.json. Throws Error(invalid_input) where its files are not
/// what it says.
ShardGatherer::Start ShardGatherer::start_of(const std::string& name, const Node& node,
                                             const std::string& node_json) {
  Start start{parse_node_end(name + "'s node.json", node_json), {}};
  if (start.end.node != name) {
    throw Error(ExitCode::invalid_input, "its node.json is of node " + start.end.node);
  }
  for (const NodeFile& file : start.end.files) {
    const auto versions = node.files.find(file.name);
    std::vector<std::string> wholes;
    if (versions != node.files.end()) wholes = wholes_of(versions->second);
    const auto found = std::find_if(wholes.begin(), wholes.end(), [&](const std::string& bytes) {
      return static_cast<std::int64_t>(bytes.size()) == file.bytes &&
             xxh3_128_of(bytes) == file.xxh3_128;
    });
    if (found == wholes.end()) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} came other than node.json says", file.name));
    }
    start.files[file.name] = std::move(*found);
  }
  return start;
}

/// Why no start of a node came whole, as far as its lines alone say it.
std::string ShardGatherer::fault_of(const Node& node) {
  if (!node.failure.empty()) return node.failure;
  bool has_several = false;
  for (const auto& [file, versions] : node.files) {
    has_several = has_several || versions.size() > 1;
    if (versions.size() > 1 || !wholes_of(versions).empty()) continue;
    const Parts& parts = versions.front();
    return fmt::format("its output was cut: {} of {} parts of {} came", parts.came.size(),
                       parts.count, file);
  }
  if (has_several) return "two machines say that they are this node";
  return node.files.contains(kNodeEndFile) ? "" : "its output has no node.json";
}

/// What is to be kept of a node. Throws Error(invalid_input) with what is wrong.
ShardGatherer::Start ShardGatherer::latest_start(const std::string& name, const Node& node) {
  std::vector<Start> starts;
  std::string fault = fault_of(node);
  const auto node_json = node.files.find(kNodeEndFile);
  if (node_json != node.files.end()) {
    for (const std::string& text : wholes_of(node_json->second)) {
      try {
        starts.push_back(start_of(name, node, text));
      } catch (const Error& error) {
        if (error.code() != ExitCode::invalid_input) throw;
        if (fault.empty()) fault = error.what();
      }
    }
  }
  std::sort(starts.begin(), starts.end(), [](const Start& a, const Start& b) {
    return std::tie(a.end.started_utc, a.end.ended_utc) <
           std::tie(b.end.started_utc, b.end.ended_utc);
  });
  for (std::size_t i = 1; i < starts.size(); ++i) {  // a machine does not measure itself twice
    if (starts[i].end.started_utc >= starts[i - 1].end.ended_utc) continue;
    throw Error(ExitCode::invalid_input, "two machines say that they are this node");
  }
  const auto measured = std::find_if(starts.rbegin(), starts.rend(),
                                     [](const Start& start) { return start.end.exit_code == 0; });
  if (measured != starts.rend()) return std::move(*measured);
  if (starts.empty() || !node.failure.empty()) throw Error(ExitCode::invalid_input, fault);
  return std::move(starts.back());
}

Gathered ShardGatherer::keep_node(const fs::path& fleet, const std::string& name,
                                  const Node& node) {
  if (status_of_node(fleet, name).state == NodeState::measured) return {name, true, ""};
  Gathered gathered{name, true, ""};
  Start start;
  try {
    start = latest_start(name, node);
  } catch (const Error& error) {
    if (error.code() != ExitCode::invalid_input) throw;
    gathered.is_kept = false;
    start.end = failed_end(name, node.exit_code, error.what());
  }
  const fs::path folder = set_aside_node(fleet, name);
  for (const auto& [file, bytes] : start.files) replace_file(folder / file, bytes);
  write_node_end(folder, start.end);
  gathered.reason = start.end.reason;
  return gathered;
}

bool ShardGatherer::has_all_of(const std::string& node) const {
  const auto found = nodes_.find(node);
  return found != nodes_.end() &&
         (!found->second.failure.empty() || fault_of(found->second).empty());
}

Gathered ShardGatherer::keep(const fs::path& fleet, const std::string& node) const {
  return keep_node(fleet, node, nodes_.at(node));
}

std::vector<Gathered> ShardGatherer::keep(const fs::path& fleet) const {
  std::vector<Gathered> all;
  for (const auto& [name, node] : nodes_) all.push_back(keep_node(fleet, name, node));
  return all;
}

}  // namespace derate::fleet
