// SPDX-License-Identifier: Apache-2.0
// What the commands of a fleet share: which derate the nodes start, and the options that its `run`
// gets.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate::cli {

/// The running program. Throws Error(invalid_input) where the system does not say.
[[nodiscard]] std::filesystem::path own_program();

/// The options of `derate run` on a node: all of its devices, unless some are named.
[[nodiscard]] std::vector<std::string> with_all_devices(std::vector<std::string> run_options);

/// Refuses what `derate run` would refuse, or what a fleet sets itself, before any node does.
/// Throws Error(usage).
void require_run_options(const std::vector<std::string>& run_options);

}  // namespace derate::cli
