// SPDX-License-Identifier: Apache-2.0
// What find_shards() found, and the files beside it.
#include "cli/options/fleet_inputs.h"

#include "fleet/find_shards.h"
#include "fleet/fleet_folder.h"

namespace derate::cli {

std::vector<std::filesystem::path> fleet_inputs(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> inputs = paths;
  for (const std::filesystem::path& path : paths) inputs.push_back(path / fleet::kManifestFile);
  const fleet::FoundShards found = fleet::find_shards(paths);
  for (const fleet::Shard& shard : found.shards) {
    inputs.push_back(shard.path);
    const std::filesystem::path folder = shard.path.parent_path();
    inputs.push_back(folder / fleet::kNodeEndFile);
    inputs.push_back(folder.parent_path() / fleet::kNodeEndFile);
  }
  inputs.insert(inputs.end(), found.links.begin(), found.links.end());
  return inputs;
}

}  // namespace derate::cli
