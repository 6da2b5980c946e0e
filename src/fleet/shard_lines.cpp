// SPDX-License-Identifier: Apache-2.0
// Lines are taken in any order; a file is whole when all of its parts are there, and what it should
// be when size and digest are those of node.json, which comes with it.
#include "fleet/shard_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "base/base64.h"
#include "base/file.h"
#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/node_names.h"
#include "fleet/shard.h"

namespace derate {
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
  Parts& parts = node.files[std::string(file)];
  if (parts.count == 0) parts.count = count;
  const auto [at, is_new] = parts.came.emplace(part, *bytes);
  // The same log twice is no conflict.
  if (parts.count != count || (!is_new && at->second != *bytes)) node.has_conflict = true;
}

std::vector<std::string> ShardGatherer::nodes() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

std::string ShardGatherer::fault_of(const Node& node) {
  if (node.has_conflict) return "two machines say that they are this node";
  if (!node.failure.empty()) return node.failure;
  for (const auto& [file, parts] : node.files) {
    if (parts.came.size() == parts.count) continue;
    return fmt::format("its output was cut: {} of {} parts of {} came", parts.came.size(),
                       parts.count, file);
  }
  return node.files.contains(kNodeEndFile) ? "" : "its output has no node.json";
}

/// How the run of a node ended, and its files, which are what node.json says. Throws
/// Error(invalid_input).
NodeEnd ShardGatherer::whole_end(const std::string& name, const Node& node,
                                 std::map<std::string, std::string>& files) {
  const std::string fault = fault_of(node);
  if (!fault.empty()) throw Error(ExitCode::invalid_input, fault);
  for (const auto& [file, parts] : node.files) {
    for (const auto& [part, bytes] : parts.came) files[file] += bytes;
  }
  NodeEnd end = parse_node_end(name + "'s node.json", files[kNodeEndFile]);
  if (end.node != name) {
    throw Error(ExitCode::invalid_input, "its node.json is of node " + end.node);
  }
  for (const NodeFile& file : end.files) {
    const std::string& bytes = files[file.name];
    if (static_cast<std::int64_t>(bytes.size()) != file.bytes ||
        xxh3_128_of(bytes) != file.xxh3_128) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} came other than node.json says", file.name));
    }
  }
  return end;
}

Gathered ShardGatherer::keep_node(const fs::path& fleet, const std::string& name,
                                  const Node& node) {
  if (status_of_node(fleet, name).state == NodeState::measured) return {name, true, ""};
  std::map<std::string, std::string> files;
  Gathered gathered{name, true, ""};
  NodeEnd end;
  try {
    end = whole_end(name, node, files);
  } catch (const Error& error) {
    if (error.code() != ExitCode::invalid_input) throw;
    gathered.is_kept = false;
    end = failed_end(name, node.exit_code, error.what());
  }
  const fs::path folder = set_aside_node(fleet, name);
  for (const NodeFile& file : end.files) replace_file(folder / file.name, files[file.name]);
  write_node_end(folder, end);
  gathered.reason = end.reason;
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

}  // namespace derate
