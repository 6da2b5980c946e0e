// SPDX-License-Identifier: Apache-2.0
// Finds cuBLAS where machines have it. Needs no CUDA header.
#pragma once

#include <string>

#include "backend/cuda/library_search.h"

namespace derate::cuda {

/// Names the one folder to take cuBLAS from; where it is set, no other is looked in.
inline constexpr const char* kCublasFolderVariable = "DERATE_CUBLAS_FOLDER";

/// "libcublas.so.13" for "cublas" and 13, the first one that loads, with cuBLASLt from beside it.
[[nodiscard]] OpenedLibrary open_cublas(const std::string& name, int major,
                                        const SearchedMachine& machine = {});

}  // namespace derate::cuda
