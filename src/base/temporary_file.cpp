// SPDX-License-Identifier: Apache-2.0
// O_TMPFILE where that works, O_EXCL with a random name elsewhere. A file without a name gets a
// random one for the moment before it is renamed, since linkat() replaces nothing.
#include "base/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>
#include <system_error>

#include "base/system_calls.h"

namespace derate {
namespace {

std::string path_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

/// A file without a name, or -1 where there is none, or where it could not get one later.
int open_unnamed(const std::filesystem::path& folder, mode_t mode) {
  const int descriptor =
      system_calls().open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
  if (descriptor < 0 || ::access(path_of(descriptor).c_str(), F_OK) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

/// Calls `make` with new names until one is not taken, and returns that.
template <typename Make>
std::filesystem::path with_random_name(const std::filesystem::path& folder, const Make& make) {
  constexpr int kTries = 100;
  std::random_device random;
  for (int tried = 1;; ++tried) {
    std::filesystem::path name =
        folder / fmt::format("{}{:08x}{:08x}", kTemporaryPrefix, random(), random());
    if (make(name) >= 0) return name;
    if (errno != EEXIST || tried == kTries) throw_errno();
  }
}

}  // namespace

void throw_errno() { throw std::system_error(errno, std::generic_category()); }

TemporaryFile::TemporaryFile(const std::filesystem::path& folder, mode_t mode)
    : folder_(folder.empty() ? "." : folder), file_(open_unnamed(folder_, mode)) {
  if (file_.number >= 0) return;
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  name_ = with_random_name(folder_, [&](const std::filesystem::path& name) {
    return file_.number = system_calls().open(name.c_str(), kNew, mode);
  });
}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

void TemporaryFile::replace(const std::filesystem::path& target) {
  if (name_.empty()) {
    name_ = with_random_name(folder_, [&](const std::filesystem::path& name) {
      return system_calls().linkat(AT_FDCWD, path_of(file_.number).c_str(), AT_FDCWD, name.c_str(),
                                   AT_SYMLINK_FOLLOW);
    });
  }
  if (system_calls().rename(name_.c_str(), target.c_str()) != 0) throw_errno();
  name_.clear();
}

}  // namespace derate
