// SPDX-License-Identifier: Apache-2.0
// Finds NCCL where machines have it. Needs no CUDA header.
#pragma once

#include <string>
#include <vector>

#include "backend/cuda/library_search.h"

namespace derate::cuda {

/// Names the one folder to take NCCL from; where it is set, no other is looked in.
inline constexpr const char* kNcclFolderVariable = "DERATE_NCCL_FOLDER";

/// libnccl.so.2, the first one that loads.
[[nodiscard]] OpenedLibrary open_nccl(const SearchedMachine& machine = {});

/// Other files of that name where it was looked for, or where the loader looks first: which of
/// several a program gets is decided by their order, and is not what its user may think.
[[nodiscard]] std::vector<std::string> other_nccls(const OpenedLibrary& opened,
                                                   const SearchedMachine& machine = {});

}  // namespace derate::cuda
