// SPDX-License-Identifier: Apache-2.0
// The order of the search: the loader's path, toolkits that a variable or PATH names, those of
// /usr/local, conda, then the packages nvidia/cublas and nvidia/cu13 of the Python that this
// program was installed in, and of each other. A file that does not load is remembered for the
// message, and the search goes on.
#include "backend/cuda/cublas_search.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "backend/cuda/cut_off_library.h"
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

std::string replaced(std::string text, const std::string& from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

/// With "~" for the user's home folder, where a path begins with it.
std::string without_home(std::string text, const SearchedMachine& machine) {
  return derate::without_home(std::move(text), machine.variable("HOME"));
}

bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
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

/// What `folder` holds whose name begins with `beginning`, the highest version first.
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

/// Where programs of that name on PATH were installed: /opt/x of /opt/x/bin/nvcc, and of a link to
/// it.
std::vector<fs::path> installed_on_path(const char* program, const SearchedMachine& machine) {
  std::vector<fs::path> prefixes;
  std::string rest = machine.variable("PATH");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const fs::path folder = rest.substr(0, end);
    rest.erase(0, end + 1);
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
  Places(int major, const SearchedMachine& machine)
      : packages_{"cublas", "cu" + std::to_string(major)}, machine_(machine) {}

  void add_toolkit(const fs::path& prefix, const std::string& shown) {
    LibraryPlace& place = named(shown, false);
    for (const char* folder : kToolkitFolders) add(prefix / folder, place);
  }

  /// The wheels that PyTorch needs: nvidia/cublas up to CUDA 12, nvidia/cu13 from then on.
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
    return without_home(path.string(), machine_);
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

  std::vector<std::string> packages_;
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

/// The search for one library.
class Search {
 public:
  Search(const std::string& name, int major, const SearchedMachine& machine)
      : title_((name == "cublas" ? "cuBLAS " : "cuBLASLt ") + std::to_string(major)),
        stem_("lib" + name + ".so."),
        file_(stem_ + std::to_string(major)),
        beside_("libcublasLt.so." + std::to_string(major)),
        major_(major),
        machine_(machine) {}

  [[nodiscard]] OpenedLibrary run() {
    const std::string only = machine_.variable(kCublasFolderVariable);
    return only.empty() ? search() : open_only(only);
  }

 private:
  [[nodiscard]] OpenedLibrary open_only(const fs::path& folder) {
    const std::string shown = without_home(folder.string(), machine_);
    if (std::optional<OpenedLibrary> opened = open_in(folder, shown)) return std::move(*opened);
    return refused(failures_.empty() ? "there is no " + file_ + " in " + shown + ", which " +
                                           kCublasFolderVariable + " names"
                                     : failures_);
  }

  [[nodiscard]] OpenedLibrary search() {
    if (std::optional<OpenedLibrary> opened = open_on_loaders_path()) return std::move(*opened);
    const std::vector<LibraryPlace> places = cublas_places(major_, machine_);
    std::string other_version;
    for (const LibraryPlace& place : places) {
      for (const fs::path& folder : place.folders) {
        const std::string shown = without_home(folder.string(), machine_);
        if (std::optional<OpenedLibrary> opened = open_in(folder, shown)) return std::move(*opened);
        if (other_version.empty()) other_version = other_version_in(folder);
      }
    }
    std::string sentence = failures_.empty() ? "" : failures_ + "; ";
    sentence += file_ + " was looked for on the loader's path and in " + list_of(places);
    if (!other_version.empty()) sentence += "; of another version there is " + other_version;
    return refused(sentence + "; " + kCublasFolderVariable + " can name its folder");
  }

  /// "/usr/local/cuda, $CONDA_PREFIX, and nvidia/cublas and nvidia/cu13 of ~/.local, /usr"
  [[nodiscard]] std::string list_of(const std::vector<LibraryPlace>& places) const {
    std::string toolkits;
    std::string pythons;
    for (const LibraryPlace& place : places) {
      std::string& list = place.is_python ? pythons : toolkits;
      list += (list.empty() ? "" : ", ") + place.shown;
    }
    return toolkits + ", and nvidia/cublas and nvidia/cu" + std::to_string(major_) +
           " of the Python packages in " + pythons;
  }

  [[nodiscard]] OpenedLibrary refused(const std::string& why) const {
    return {.reason = title_ + " cannot be loaded: " + why};
  }

  [[nodiscard]] std::optional<OpenedLibrary> open_on_loaders_path() {
    SharedLibrary library(std::array{file_.c_str()});
    if (library) return opened(std::move(library));
    const std::string said = error();
    // Where the loader knows no such file, it says so of the name that it was asked for.
    if (!said.starts_with(file_ + ": cannot open shared object file: No such file")) {
      add_failure(without_home(said, machine_));
    }
    return std::nullopt;
  }

  /// cuBLAS needs cuBLASLt, and would take it from LD_LIBRARY_PATH before it looks beside itself:
  /// of another version, which fails or is another library than the one that is recorded. What is
  /// loaded already goes before either.
  [[nodiscard]] std::optional<OpenedLibrary> open_in(const fs::path& folder,
                                                     const std::string& shown) {
    const std::string path = folder / file_;
    if (!is_there(path)) return std::nullopt;
    const std::string path_beside = folder / beside_;
    for (const std::string& each : {path, path_beside}) {
      if (!is_there(each) || !is_cut_off(each)) continue;
      add_failure(shown + each.substr(folder.string().size()) + ": the file is cut off");
      return std::nullopt;
    }
    const SharedLibrary beside(std::array{path_beside.c_str()});
    SharedLibrary library(std::array{path.c_str()});
    if (library) return opened(std::move(library));
    const std::string said = replaced(error(), folder.string(), shown);
    add_failure(without_home(said, machine_));
    return std::nullopt;
  }

  [[nodiscard]] OpenedLibrary opened(SharedLibrary library) const {
    std::string file = without_home(library.path(), machine_);
    return {.library = std::move(library), .file = std::move(file)};
  }

  [[nodiscard]] static std::string error() {
    const char* const said = dlerror();
    return said == nullptr ? "the loader gives no reason" : said;
  }

  void add_failure(const std::string& failure) {
    failures_ += (failures_.empty() ? "" : "; ") + failure;
  }

  [[nodiscard]] std::string other_version_in(const fs::path& folder) const {
    const std::vector<fs::path> others = newest_first(folder, stem_);
    for (const fs::path& other : others) {
      if (other.filename() != file_) return without_home(other.string(), machine_);
    }
    return "";
  }

  std::string title_;
  std::string stem_;
  std::string file_;
  std::string beside_;
  int major_;
  const SearchedMachine& machine_;
  std::string failures_;
};

}  // namespace

std::string SearchedMachine::value_of_variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<LibraryPlace> cublas_places(int major, const SearchedMachine& machine) {
  Places places(major, machine);
  add_toolkits(machine, places);
  if (const std::string prefix = machine.variable("CONDA_PREFIX"); !prefix.empty()) {
    places.add_toolkit(prefix, "$CONDA_PREFIX");
  }
  add_pythons(machine, places);
  return places.take();
}

OpenedLibrary open_cublas(const std::string& name, int major, const SearchedMachine& machine) {
  return Search(name, major, machine).run();
}

}  // namespace derate::cuda
