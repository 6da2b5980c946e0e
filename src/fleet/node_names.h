// SPDX-License-Identifier: Apache-2.0
// Names of nodes: they become names of folders, arguments of a shell and labels, so only what is
// harmless in each of these is one. Lists of them as Slurm writes them, n[1-64,70].
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace derate::fleet {

/// Nodes of one fleet at most: far above what there is.
inline constexpr std::size_t kMostNodes = 100'000;

/// What is wrong with a name; empty for a good one: letters, digits, '.', '_' and '-', of which the
/// last two do not begin it, at most 253.
[[nodiscard]] std::string fault_of_node_name(std::string_view name);

/// The names of a list such as "n[1-3,07],gpu1", in its order. Throws Error(usage) for what is no
/// list of names, and for a name that is there twice.
[[nodiscard]] std::vector<std::string> expand_host_list(std::string_view list);

/// A host to reach by ssh: "n1", or with the user to log in as, "me@n1".
struct SshHost {
  std::string node;
  std::string destination;
};

/// The hosts of a list as expand_host_list() takes it, each with a user where it has one. Throws
/// Error(usage).
[[nodiscard]] std::vector<SshHost> ssh_hosts(std::string_view list);

/// The same of a file: lists line by line; what follows a # is a comment. Throws
/// Error(invalid_input) with the line.
[[nodiscard]] std::vector<SshHost> ssh_hosts_of_file(const std::filesystem::path& path);

/// Node -> leaf switch, of a file as Slurm's topology.conf is, or as `scontrol show topology`
/// prints it: lines with SwitchName= and Nodes=. Throws Error(invalid_input) with the line.
[[nodiscard]] std::map<std::string, std::string> switches_of_file(
    const std::filesystem::path& path);

}  // namespace derate::fleet
