// SPDX-License-Identifier: Apache-2.0
// The loader's path first, then library_places(). A file that does not load is remembered for the
// message, and the search goes on.
#include "backend/cuda/library_search.h"

#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "backend/cuda/cut_off_library.h"

namespace derate::cuda {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

/// The search for one library.
class Search {
 public:
  Search(const WantedLibrary& wanted, const SearchedMachine& machine)
      : wanted_(wanted),
        stem_(wanted.name + ".so."),
        file_(stem_ + std::to_string(wanted.version)),
        machine_(machine) {}

  [[nodiscard]] OpenedLibrary run() {
    const std::string only = machine_.variable(wanted_.folder_variable.c_str());
    return only.empty() ? search() : open_only(only);
  }

 private:
  [[nodiscard]] OpenedLibrary open_only(const fs::path& folder) {
    const std::string shown = machine_.without_home(folder.string());
    if (std::optional<OpenedLibrary> opened = open_in(folder, shown)) return std::move(*opened);
    return refused(failures_.empty() ? "there is no " + file_ + " in " + shown + ", which " +
                                           wanted_.folder_variable + " names"
                                     : failures_);
  }

  [[nodiscard]] OpenedLibrary search() {
    if (std::optional<OpenedLibrary> opened = open_on_loaders_path()) return std::move(*opened);
    const std::vector<LibraryPlace> places = library_places(wanted_.packages, machine_);
    std::string other_version;
    for (const LibraryPlace& place : places) {
      for (const fs::path& folder : place.folders) {
        const std::string shown = machine_.without_home(folder.string());
        if (std::optional<OpenedLibrary> opened = open_in(folder, shown)) return std::move(*opened);
        if (other_version.empty()) other_version = other_version_in(folder);
      }
    }
    std::string sentence = failures_.empty() ? "" : failures_ + "; ";
    sentence += file_ + " was looked for on the loader's path and in " + list_of(places);
    if (!other_version.empty()) sentence += "; of another version there is " + other_version;
    return refused(sentence + "; " + wanted_.folder_variable + " can name its folder");
  }

  /// "/usr/local/cuda, $CONDA_PREFIX, and nvidia/cublas and nvidia/cu13 of ~/.local, /usr"
  [[nodiscard]] std::string list_of(const std::vector<LibraryPlace>& places) const {
    std::string toolkits;
    std::string pythons;
    for (const LibraryPlace& place : places) {
      std::string& list = place.is_python ? pythons : toolkits;
      list += (list.empty() ? "" : ", ") + place.shown;
    }
    std::string packages;
    for (const std::string& package : wanted_.packages) {
      packages += (packages.empty() ? "nvidia/" : " and nvidia/") + package;
    }
    return toolkits + ", and " + packages + " of the Python packages in " + pythons;
  }

  [[nodiscard]] OpenedLibrary refused(const std::string& why) const {
    return {.reason = wanted_.title + " cannot be loaded: " + why};
  }

  [[nodiscard]] std::optional<OpenedLibrary> open_on_loaders_path() {
    SharedLibrary library(std::array{file_.c_str()});
    if (library) return opened(std::move(library));
    const std::string said = error();
    // Where the loader knows no such file, it says so of the name that it was asked for.
    if (!said.starts_with(file_ + ": cannot open shared object file: No such file")) {
      add_failure(machine_.without_home(said));
    }
    return std::nullopt;
  }

  /// A library that needs another would take it from LD_LIBRARY_PATH before it looks beside itself:
  /// of another version, which fails or is another library than the one that is recorded. What is
  /// loaded already goes before either.
  [[nodiscard]] std::optional<OpenedLibrary> open_in(const fs::path& folder,
                                                     const std::string& shown) {
    const std::string path = folder / file_;
    if (!is_there(path)) return std::nullopt;
    const std::string path_beside = wanted_.needs.empty() ? "" : (folder / wanted_.needs).string();
    for (const std::string& each : {path, path_beside}) {
      if (!is_there(each) || !is_cut_off(each)) continue;
      add_failure(shown + each.substr(folder.string().size()) + ": the file is cut off");
      return std::nullopt;
    }
    // dlopen("") would be the program itself.
    const SharedLibrary beside =
        path_beside.empty() ? SharedLibrary() : SharedLibrary(std::array{path_beside.c_str()});
    SharedLibrary library(std::array{path.c_str()});
    if (library) return opened(std::move(library));
    const std::string said = replaced(error(), folder.string(), shown);
    add_failure(machine_.without_home(said));
    return std::nullopt;
  }

  [[nodiscard]] OpenedLibrary opened(SharedLibrary library) const {
    std::string file = machine_.without_home(library.path());
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
      if (other.filename() != file_) return machine_.without_home(other.string());
    }
    return "";
  }

  const WantedLibrary& wanted_;
  std::string stem_;
  std::string file_;
  const SearchedMachine& machine_;
  std::string failures_;
};

}  // namespace

OpenedLibrary open_library(const WantedLibrary& wanted, const SearchedMachine& machine) {
  return Search(wanted, machine).run();
}

}  // namespace derate::cuda
