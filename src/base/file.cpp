// SPDX-License-Identifier: Apache-2.0
// Writes to a temporary file beside the target and renames it; what is not a regular file is
// written in place. Every error carries the reason of errno.
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <system_error>

#include "base/system_calls.h"
#include "base/temporary_file.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr mode_t kReadableByAll = 0666;  // less the umask
constexpr mode_t kPermissions = 0777;

/// All of it, however many calls that takes: a full disk takes a part first, and gives its reason
/// at the second.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = system_calls().write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Onto the disk; some file systems say only here that there was no room, and some cannot do it.
void sync_all(int descriptor) {
  if (system_calls().fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP) throw_errno();
}

/// Where writing to `path` would end up.
std::filesystem::path behind_links(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;  // as the kernel has it
  std::filesystem::path target = path;
  std::error_code failed;
  for (int links = 0; std::filesystem::is_symlink(target, failed); ++links) {
    if (links == kMostLinks) throw std::system_error(ELOOP, std::generic_category());
    target = target.parent_path() / std::filesystem::read_symlink(target);
  }
  return target;
}

/// Makes nothing: what is no regular file was there before.
void write_in_place(const std::filesystem::path& path, const std::string& text) {
  const Descriptor file(system_calls().open(path.c_str(), O_WRONLY | O_CLOEXEC, 0));
  if (file.number < 0) throw_errno();
  write_all(file.number, text);
}

/// The bits of a file that is to be replaced; none where there is none.
std::optional<mode_t> permissions_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return found.st_mode & kPermissions;
}

void replace(const std::filesystem::path& target, std::string_view text) {
  const std::optional<mode_t> permissions = permissions_of(target);
  TemporaryFile file(target.parent_path(), permissions.value_or(kReadableByAll));
  if (permissions) static_cast<void>(::fchmod(file.descriptor(), *permissions));
  write_all(file.descriptor(), text);
  sync_all(file.descriptor());
  file.replace(target);
  sync(target.has_parent_path() ? target.parent_path() : ".");
}

/// What is wrong with the file behind a path is told of that path.
void attempt(const std::filesystem::path& path, const std::function<void()>& action) {
  try {
    action();
  } catch (const std::system_error& error) {
    cannot_write(path, error.code().message());
  }
}

int open_to_append(const std::filesystem::path& path, Links links) {
  const int no_links = links == Links::refused ? O_NOFOLLOW : 0;
  const int descriptor = system_calls().open(
      path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | no_links, kReadableByAll);
  if (descriptor >= 0) return descriptor;
  const bool is_refused = no_links != 0 && errno == ELOOP;
  cannot_write(path, is_refused ? "it is a symbolic link" : std::strerror(errno));
}

}  // namespace

void cannot_write(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ExitCode::output, fmt::format("cannot write {}: {}", path.string(), reason));
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  attempt(path, [&] {
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      write_in_place(path, text);
    } else {
      replace(behind_links(path), text);
    }
  });
}

void replace_file(const std::filesystem::path& path, const std::string& text) {
  attempt(path, [&] { replace(path, text); });
}

int open_anew(const std::filesystem::path& path) {
  ::unlink(path.c_str());
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int descriptor = system_calls().open(path.c_str(), kNew, kReadableByAll);
  if (descriptor < 0) cannot_write(path, std::strerror(errno));
  return descriptor;
}

void require_room(const std::filesystem::path& folder, std::size_t size_bytes) {
  attempt(folder, [&] {
    const TemporaryFile trial(folder, kReadableByAll);
    write_all(trial.descriptor(), std::string(size_bytes, '\n'));
  });
}

bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code unknown;
  if (std::filesystem::exists(one, unknown)) {
    return std::filesystem::is_regular_file(one, unknown) &&
           std::filesystem::equivalent(one, other, unknown);
  }
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  return whole(one) == whole(other);
}

AppendedFile::AppendedFile(const std::filesystem::path& path, Links links)
    : path_(path), file_(open_to_append(path, links)) {}

void AppendedFile::write(std::string_view text) {
  attempt(path_, [&] { write_all(file_.number, text); });
}

void AppendedFile::sync() const { system_calls().fsync(file_.number); }

void sync(const std::filesystem::path& path) {
  const Descriptor file(system_calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (file.number >= 0) system_calls().fsync(file.number);
}

}  // namespace derate
