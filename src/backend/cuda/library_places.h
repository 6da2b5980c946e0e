// SPDX-License-Identifier: Apache-2.0
// Where machines keep NVIDIA's libraries: in CUDA toolkits, in conda, and in the Python packages
// that PyTorch brings. Lists folders only, and needs no CUDA header.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/site_packages.h"

namespace derate::cuda {

/// The machine that is searched; tests put another in its place.
struct SearchedMachine {
  std::filesystem::path root = "/";
  /// The value of an environment variable, empty where it is not set.
  std::function<std::string(const char*)> variable = value_of_variable;
  /// Where the wheel lies that this program came by; empty where it came another way.
  std::filesystem::path own_packages = own_site_packages();

  [[nodiscard]] static std::string value_of_variable(const char* name);

  /// With "~" for the user's home folder, where a path in it begins with that.
  [[nodiscard]] std::string without_home(std::string text) const;
};

/// A toolkit or a Python, with its folders that may hold the library. It is shown by the variable
/// that names it, or from "~" on: messages are recorded, and records are shared.
struct LibraryPlace {
  std::string shown;
  bool is_python = false;
  std::vector<std::filesystem::path> folders = {};  ///< that exist
};

/// In the order of the search; `packages` are those of nvidia/ in a Python that may hold the
/// library. Each folder once.
[[nodiscard]] std::vector<LibraryPlace> library_places(const std::vector<std::string>& packages,
                                                       const SearchedMachine& machine);

/// What a variable such as PATH names, without empty entries.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(std::string path);

/// Whether there is something at `path`; not where it cannot be looked at.
[[nodiscard]] bool is_there(const std::filesystem::path& path);

/// What `folder` holds whose name begins with `beginning`, the highest version first.
[[nodiscard]] std::vector<std::filesystem::path> newest_first(const std::filesystem::path& folder,
                                                              std::string_view beginning);

}  // namespace derate::cuda
