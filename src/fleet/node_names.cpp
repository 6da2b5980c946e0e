// SPDX-License-Identifier: Apache-2.0
// A list is taken apart at the commas outside brackets; each part is expanded at its first pair of
// brackets, and what follows that again.
#include "fleet/node_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "derate/error.h"

namespace derate::fleet {
namespace {

constexpr std::size_t kLongestName = 253;  // of a host in the DNS

/// What makes a list unusable; whoever knows where it stands says so.
struct NoList {
  std::string reason;
};

bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
}

std::vector<std::string_view> split_outside_brackets(std::string_view list) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '[') ++depth;
    if (list[i] == ']') --depth;
    if (depth < 0 || depth > 1) break;
    if (list[i] != ',' || depth > 0) continue;
    parts.push_back(list.substr(begin, i - begin));
    begin = i + 1;
  }
  if (depth != 0) {
    throw NoList{fmt::format("\"{}\" has a bracket without its other", fit_text::echoed(list))};
  }
  parts.push_back(list.substr(begin));
  constexpr std::ptrdiff_t kMostBrackets = 8;  // far above what names have; each expands the others
  for (const std::string_view part : parts) {
    if (std::count(part.begin(), part.end(), '[') <= kMostBrackets) continue;
    throw NoList{fmt::format("\"{}\" has too many brackets", fit_text::echoed(part))};
  }
  return parts;
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [read_to, failed] = std::from_chars(digits.data(), end, value);
  if (failed != std::errc{} || read_to != end || digits.size() > 9) {
    throw NoList{fmt::format("\"{}\" is no number of nodes", fit_text::echoed(digits))};
  }
  return value;
}

/// "1-3" or "07" as numbers with the zeros that the first has.
void add_range(std::string_view range, std::vector<std::string>& numbers) {
  const std::size_t dash = range.find('-');
  const std::string_view first = range.substr(0, dash);
  const std::uint64_t low = number_of(first);
  const std::uint64_t high =
      dash == std::string_view::npos ? low : number_of(range.substr(dash + 1));
  if (high < low) throw NoList{fmt::format("{} ends before it begins", range)};
  if (high - low >= kMostNodes) throw NoList{fmt::format("{} is of too many nodes", range)};
  const bool padded = first.front() == '0';
  for (std::uint64_t number = low; number <= high; ++number) {
    numbers.push_back(fmt::format("{:0{}}", number, padded ? first.size() : 1));
  }
}

std::vector<std::string> expanded(std::string_view part) {
  const std::size_t open = part.find('[');
  if (open == std::string_view::npos) return {std::string(part)};
  const std::size_t close = part.find(']', open);
  std::vector<std::string> numbers;
  std::string_view ranges = part.substr(open + 1, close - open - 1);
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = ranges.find(',');
    add_range(ranges.substr(0, comma), numbers);
    if (numbers.size() > kMostNodes) throw NoList{"it is of too many nodes"};
    if (comma != std::string_view::npos) ranges.remove_prefix(comma + 1);
  }
  const std::vector<std::string> ends = expanded(part.substr(close + 1));
  if (numbers.size() * ends.size() > kMostNodes) throw NoList{"it is of too many nodes"};
  std::vector<std::string> names;
  for (const std::string& number : numbers) {
    for (const std::string& end : ends) {
      names.push_back(fmt::format("{}{}{}", part.substr(0, open), number, end));
    }
  }
  return names;
}

/// Refuses what is no name, what there is already, and too many.
void add_host(SshHost host, std::set<std::string>& seen, std::vector<SshHost>& hosts) {
  const std::string fault = fault_of_node_name(host.node);
  if (!fault.empty()) {
    throw NoList{
        fmt::format("\"{}\" is no name of a node: {}", fit_text::echoed(host.node), fault)};
  }
  if (!seen.insert(host.node).second) {
    throw NoList{fmt::format("node {} is named twice", host.node)};
  }
  hosts.push_back(std::move(host));
  if (hosts.size() > kMostNodes) throw NoList{"it is of too many nodes"};
}

void add_hosts(std::string_view list, std::set<std::string>& seen, std::vector<SshHost>& hosts) {
  for (const std::string_view part : split_outside_brackets(list)) {
    const std::size_t at = part.find('@');
    const bool has_user = at != std::string_view::npos;
    const std::string user(has_user ? part.substr(0, at) : "");
    if (has_user && !fault_of_node_name(user).empty()) {
      throw NoList{fmt::format("\"{}\" is no name of a user", fit_text::echoed(user))};
    }
    for (const std::string& node : expanded(has_user ? part.substr(at + 1) : part)) {
      add_host({node, has_user ? fmt::format("{}@{}", user, node) : node}, seen, hosts);
    }
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// Calls `use` for each line that says something, and names the line of what it refuses.
template <typename Use>
void for_each_line(const std::filesystem::path& path, const Use& use) {
  InputFile in(path);
  for (std::string line; in.read_line(line);) {
    const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (text.empty()) continue;
    try {
      use(text);
    } catch (const NoList& bad) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}, line {}: {}", in.name(), in.line(), bad.reason));
    }
  }
}

/// The value of "Nodes=n[1-4]" in a line of such words; nothing where there is none.
std::string_view value_in(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    if (word.starts_with(key) && word.substr(key.size()).starts_with('=')) {
      return word.substr(key.size() + 1);
    }
    line = trimmed(line.substr(end));
  }
  return {};
}

}  // namespace

std::string fault_of_node_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kLongestName) return fmt::format("it has more than {} letters", kLongestName);
  if (!std::all_of(name.begin(), name.end(), is_of_name)) {
    return "it has other characters than letters, digits, '.', '_' and '-'";
  }
  if (std::isalnum(static_cast<unsigned char>(name.front())) == 0) {
    return "it begins with no letter or digit";
  }
  return "";
}

std::vector<std::string> expand_host_list(std::string_view list) {
  std::vector<std::string> names;
  for (SshHost& host : ssh_hosts(list)) {
    if (host.destination != host.node) {
      throw Error(ExitCode::usage, fmt::format("the list of nodes \"{}\": {} is no name of a node",
                                               fit_text::echoed(list), host.destination));
    }
    names.push_back(std::move(host.node));
  }
  return names;
}

std::vector<SshHost> ssh_hosts(std::string_view list) {
  std::vector<SshHost> hosts;
  std::set<std::string> seen;
  try {
    add_hosts(list, seen, hosts);
  } catch (const NoList& bad) {
    throw Error(ExitCode::usage,
                fmt::format("the list of nodes \"{}\": {}", fit_text::echoed(list), bad.reason));
  }
  return hosts;
}

std::vector<SshHost> ssh_hosts_of_file(const std::filesystem::path& path) {
  std::vector<SshHost> hosts;
  std::set<std::string> seen;
  for_each_line(path, [&](std::string_view line) { add_hosts(line, seen, hosts); });
  if (hosts.empty()) {
    throw Error(ExitCode::invalid_input, fmt::format("{} names no node", path.string()));
  }
  return hosts;
}

std::map<std::string, std::string> switches_of_file(const std::filesystem::path& path) {
  std::map<std::string, std::string> switches;
  for_each_line(path, [&](std::string_view line) {
    const std::string_view name = value_in(line, "SwitchName");
    if (name.empty()) throw NoList{"no SwitchName= in it"};
    // One above others; scontrol lists all nodes beneath it as well.
    if (!value_in(line, "Switches").empty()) return;
    std::vector<SshHost> hosts;
    std::set<std::string> seen;
    add_hosts(value_in(line, "Nodes"), seen, hosts);
    for (const SshHost& host : hosts) {
      if (!switches.emplace(host.node, name).second) {
        throw NoList{fmt::format("node {} has a switch already", host.node)};
      }
    }
  });
  return switches;
}

}  // namespace derate::fleet
