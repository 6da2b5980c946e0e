// SPDX-License-Identifier: Apache-2.0
// The order: toolkits that a variable or PATH names, those of /usr/local, conda, then packages of
// the Python that this program was installed in, and of each other.
#include "backend/cuda/library_places.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <system_error>
#include <utility>

#include "base/without_home.h"

namespace derate::cuda {
namespace {

namespace fs = std::filesystem;

constexpr std::array kToolkitVariables = {"CUDA_HOME", "CUDA_PATH", "CUDAToolkit_ROOT"};
#if defined(__aarch64__)
constexpr std::array kToolkitFolders = {"lib64", "lib", "targets/sbsa-linux/lib",
                                        "targets/aarch64-linux/lib"};
#else
constexpr std::array kToolkitFolders = {"lib64", "lib", "targets/x86_64-linux/lib"};
#endif

bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

/// The numbers in a name: 13 and 0 of "cuda-13.0".
std::vector<int> version_in(const std::string& name) {
  std::vector<int> version;
  bool in_number = false;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit && !in_number) version.push_back(0);
    if (is_digit && version.back() < 100'000) version.back() = 10 * version.back() + (c - '0');
    in_number = is_digit;
  }
  return version;
}

/// Where programs of that name on PATH were installed: /opt/x of /opt/x/bin/nvcc, and of a link to
/// it.
std::vector<fs::path> installed_on_path(const char* program, const SearchedMachine& machine) {
  std::vector<fs::path> prefixes;
  for (const fs::path& folder : folders_in(machine.variable("PATH"))) {
    if (!folder.is_absolute() || !is_there(folder / program)) continue;
    prefixes.push_back(folder.parent_path());
    std::error_code unreadable;
    const fs::path real = fs::canonical(folder / program, unreadable);
    if (!unreadable) prefixes.push_back(real.parent_path().parent_path());
  }
  return prefixes;
}

/// Collects the places of a search, each folder under the first that has it.
class Places {
 public:
  Places(const std::vector<std::string>& packages, const SearchedMachine& machine)
      : packages_(packages), machine_(machine) {}

  void add_toolkit(const fs::path& prefix, const std::string& shown) {
    LibraryPlace& place = named(shown, false);
    for (const char* folder : kToolkitFolders) add(prefix / folder, place);
  }

  /// The wheels that PyTorch needs.
  void add_python(const fs::path& prefix, const std::string& shown) {
    LibraryPlace& place = named(shown, true);
    for (const char* library : {"lib", "lib64"}) {
      for (const fs::path& python : newest_first(prefix / library, "python3")) {
        for (const char* site : {"site-packages", "dist-packages"}) add_site(python / site, place);
      }
    }
  }

  /// The Python packages beside the program, when it came by a wheel.
  void add_own_packages(const fs::path& site) {
    if (!site.empty()) add_site(site, named(shown(site), true));
  }

  [[nodiscard]] std::string shown(const fs::path& path) const {
    return machine_.without_home(path.string());
  }

  [[nodiscard]] std::vector<LibraryPlace> take() { return std::move(places_); }

 private:
  void add_site(const fs::path& site, LibraryPlace& place) {
    for (const std::string& package : packages_) add(site / "nvidia" / package / "lib", place);
  }

  LibraryPlace& named(const std::string& shown, bool is_python) {
    const auto same = std::find_if(places_.begin(), places_.end(), [&](const LibraryPlace& place) {
      return place.shown == shown && place.is_python == is_python;
    });
    return same != places_.end() ? *same : places_.emplace_back(LibraryPlace{shown, is_python});
  }

  void add(const fs::path& folder, LibraryPlace& place) {
    std::error_code unreadable;
    if (!is_folder(folder)) return;
    const fs::path real = fs::canonical(folder, unreadable);
    if (!unreadable && seen_.insert(real).second) place.folders.push_back(folder);
  }

  const std::vector<std::string>& packages_;
  const SearchedMachine& machine_;
  std::vector<LibraryPlace> places_;
  std::set<fs::path> seen_;
};

void add_toolkits(const SearchedMachine& machine, Places& places) {
  for (const char* variable : kToolkitVariables) {
    const std::string prefix = machine.variable(variable);
    if (!prefix.empty()) places.add_toolkit(prefix, std::string("$") + variable);
  }
  for (const fs::path& prefix : installed_on_path("nvcc", machine)) {
    places.add_toolkit(prefix, "the nvcc on PATH");
  }
  const fs::path local = machine.root / "usr/local";
  places.add_toolkit(local / "cuda", places.shown(local / "cuda"));
  for (const fs::path& prefix : newest_first(local, "cuda-")) {
    places.add_toolkit(prefix, places.shown(prefix));
  }
  const fs::path of_arch_linux = machine.root / "opt/cuda";
  if (is_folder(of_arch_linux)) places.add_toolkit(of_arch_linux, places.shown(of_arch_linux));
}

void add_pythons(const SearchedMachine& machine, Places& places) {
  places.add_own_packages(machine.own_packages);
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const std::string prefix = machine.variable(variable);
    if (!prefix.empty()) places.add_python(prefix, std::string("$") + variable);
  }
  for (const fs::path& prefix : installed_on_path("python3", machine)) {
    places.add_python(prefix, "the python3 on PATH");
  }
  const std::string home = machine.variable("HOME");
  if (!home.empty()) places.add_python(fs::path(home) / ".local", "~/.local");
  for (const char* prefix : {"usr", "usr/local"}) {
    places.add_python(machine.root / prefix, places.shown(machine.root / prefix));
  }
  for (const fs::path& prefix : newest_first(machine.root / "opt", "")) {
    if (newest_first(prefix / "lib", "python3").empty()) continue;
    places.add_python(prefix, places.shown(prefix));
  }
}

}  // namespace

std::vector<fs::path> folders_in(std::string path) {
  std::vector<fs::path> folders;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    if (end > 0) folders.emplace_back(path.substr(0, end));
    path.erase(0, end + 1);
  }
  return folders;
}

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

std::vector<fs::path> newest_first(const fs::path& folder, std::string_view beginning) {
  std::vector<fs::path> found;
  std::error_code unreadable;
  fs::directory_iterator entry(folder, unreadable);
  for (; !unreadable && entry != fs::directory_iterator(); entry.increment(unreadable)) {
    if (entry->path().filename().string().starts_with(beginning)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    const std::string of_a = a.filename().string();
    const std::string of_b = b.filename().string();
    return std::pair(version_in(of_a), of_a) > std::pair(version_in(of_b), of_b);
  });
  return found;
}

std::string SearchedMachine::value_of_variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string SearchedMachine::without_home(std::string text) const {
  return derate::without_home(std::move(text), variable("HOME"));
}

std::vector<LibraryPlace> library_places(const std::vector<std::string>& packages,
                                         const SearchedMachine& machine) {
  Places places(packages, machine);
  add_toolkits(machine, places);
  if (const std::string prefix = machine.variable("CONDA_PREFIX"); !prefix.empty()) {
    places.add_toolkit(prefix, "$CONDA_PREFIX");
  }
  add_pythons(machine, places);
  return places.take();
}

}  // namespace derate::cuda
