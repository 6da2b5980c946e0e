// SPDX-License-Identifier: Apache-2.0
// The list of processes that a gate keeps in its folder: no process stands there twice.
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "fuzz.h"
#include "regression/run/run_folder.h"

namespace derate::fuzz {
namespace {

/// A folder whose list is the file in memory. Removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "derate-fuzz-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "there is no room for a folder");
    path_ = name;
    std::filesystem::create_symlink(file_of(""), path_ / "processes.jsonl");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void read_list(std::string_view input) {
  static const Folder folder;
  static_cast<void>(file_of(input));
  std::set<std::string> names;
  for (const KeptProcess& kept : kept_processes(folder.path())) {
    require(kept.place.pair >= 0 && kept.place.pair < kMostPairs, "a pair has no number");
    require(names.insert(kept.place.name()).second, "a process is kept twice");
  }
}

const Registered run_folder({"run_folder", read_list});

}  // namespace
}  // namespace derate::fuzz
