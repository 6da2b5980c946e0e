// SPDX-License-Identifier: Apache-2.0
// Finds cuBLAS where machines have it: on the loader's path, in CUDA toolkits, in conda, and in the
// Python packages that PyTorch brings. Lists folders only, and needs no CUDA header.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "backend/cuda/shared_library.h"
#include "base/site_packages.h"

namespace derate::cuda {

/// Names the one folder to take cuBLAS from; where it is set, no other is looked in.
inline constexpr const char* kCublasFolderVariable = "DERATE_CUBLAS_FOLDER";

/// The machine that is searched; tests put another in its place.
struct SearchedMachine {
  std::filesystem::path root = "/";
  /// The value of an environment variable, empty where it is not set.
  std::function<std::string(const char*)> variable = value_of_variable;
  /// Where the wheel lies that this program came by; empty where it came another way.
  std::filesystem::path own_packages = own_site_packages();

  [[nodiscard]] static std::string value_of_variable(const char* name);
};

/// A toolkit or a Python, with its folders that may hold the library. It is shown by the variable
/// that names it, or from "~" on: messages are recorded, and records are shared.
struct LibraryPlace {
  std::string shown;
  bool is_python = false;
  std::vector<std::filesystem::path> folders = {};  ///< that exist
};

/// In the order of the search, for libraries of this major version. Each folder once.
[[nodiscard]] std::vector<LibraryPlace> cublas_places(int major, const SearchedMachine& machine);

/// A library that was opened, or why none was.
struct OpenedLibrary {
  SharedLibrary library = {};
  std::string file = {};    ///< that was opened, shown like a place
  std::string reason = {};  ///< names each file that failed and all that was searched; else empty
};

/// "libcublas.so.13" for "cublas" and 13, the first one that loads, with cuBLASLt from beside it.
[[nodiscard]] OpenedLibrary open_cublas(const std::string& name, int major,
                                        const SearchedMachine& machine = {});

}  // namespace derate::cuda
