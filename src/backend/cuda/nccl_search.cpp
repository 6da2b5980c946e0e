// SPDX-License-Identifier: Apache-2.0
// Its ABI is 2 since 2017, whatever CUDA it was built for: the package of either wheel,
// nvidia-nccl-cu12 and nvidia-nccl-cu13, is nvidia/nccl.
#include "backend/cuda/nccl_search.h"

#include <filesystem>
#include <set>
#include <system_error>

namespace derate::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNcclFile = "libnccl.so.2";
const std::vector<std::string> kNcclPackages = {"nccl"};

/// Folders of LD_LIBRARY_PATH, then those of the search.
std::vector<fs::path> nccl_folders(const SearchedMachine& machine) {
  std::vector<fs::path> folders = folders_in(machine.variable("LD_LIBRARY_PATH"));
  for (const LibraryPlace& place : library_places(kNcclPackages, machine)) {
    folders.insert(folders.end(), place.folders.begin(), place.folders.end());
  }
  return folders;
}

}  // namespace

OpenedLibrary open_nccl(const SearchedMachine& machine) {
  return open_library({.title = "NCCL 2",
                       .name = "libnccl",
                       .version = 2,
                       .needs = {},
                       .packages = kNcclPackages,
                       .folder_variable = kNcclFolderVariable},
                      machine);
}

std::vector<std::string> other_nccls(const OpenedLibrary& opened, const SearchedMachine& machine) {
  if (!opened.library || !machine.variable(kNcclFolderVariable).empty()) return {};
  std::error_code unreadable;
  std::set<fs::path> seen = {fs::canonical(opened.library.path(), unreadable)};
  std::vector<std::string> others;
  for (const fs::path& folder : nccl_folders(machine)) {
    const fs::path real = fs::canonical(folder / kNcclFile, unreadable);
    if (unreadable || !seen.insert(real).second) continue;
    others.push_back(machine.without_home((folder / kNcclFile).string()));
  }
  return others;
}

}  // namespace derate::cuda
