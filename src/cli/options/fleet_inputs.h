// SPDX-License-Identifier: Apache-2.0
// Every file that a command on a fleet reads, so that none of them is written over.
#pragma once

#include <filesystem>
#include <vector>

namespace derate::cli {

/// The paths that were given and what stands in them: shards, manifests, ends of nodes, links.
/// Throws Error(invalid_input) where they hold no fleet.
[[nodiscard]] std::vector<std::filesystem::path> fleet_inputs(
    const std::vector<std::filesystem::path>& paths);

}  // namespace derate::cli
