// SPDX-License-Identifier: Apache-2.0
// Finds a library of NVIDIA's where machines have it, and opens it; or says where it was looked
// for.
#pragma once

#include <string>
#include <vector>

#include "backend/cuda/library_places.h"
#include "backend/cuda/shared_library.h"

namespace derate::cuda {

/// A library that was opened, or why none was.
struct OpenedLibrary {
  SharedLibrary library = {};
  std::string file = {};    ///< that was opened, shown like a place
  std::string reason = {};  ///< names each file that failed and all that was searched; else empty
};

struct WantedLibrary {
  std::string title;                  ///< "cuBLAS 13", for messages
  std::string name;                   ///< "libcublas"
  int version = 0;                    ///< of its ABI: 13 for libcublas.so.13
  std::string needs;                  ///< a file that is taken from beside it; empty for none
  std::vector<std::string> packages;  ///< of nvidia/ in a Python
  std::string folder_variable;  ///< names the one folder to take it from: no other is looked in
};

/// The first that loads.
[[nodiscard]] OpenedLibrary open_library(const WantedLibrary& wanted,
                                         const SearchedMachine& machine = {});

}  // namespace derate::cuda
