// SPDX-License-Identifier: Apache-2.0
// Writes to a temporary file beside the target and renames it (symbolic links are followed); what
// is not a regular file is written in place. Every error carries the reason of errno.
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr mode_t kReadableByAll = 0666;

/// All of it, however many calls that takes: a full disk takes a part first, and gives its reason
/// at the second. Whether it could be written; otherwise errno says why not.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = system_calls().write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Where writing to `path` would end up.
std::filesystem::path behind_links(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;  // as the kernel has it
  std::filesystem::path target = path;
  std::error_code failed;
  for (int links = 0; std::filesystem::is_symlink(target, failed); ++links) {
    if (links == kMostLinks) cannot_write(path, std::strerror(ELOOP));
    target = target.parent_path() / std::filesystem::read_symlink(target, failed);
    if (failed) cannot_write(path, failed.message());
  }
  return target;
}

}  // namespace

std::string try_to_write(const std::filesystem::path& path, const std::string& text) {
  const int descriptor =
      system_calls().open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kReadableByAll);
  if (descriptor < 0) return std::strerror(errno);
  const bool written = write_all(descriptor, text);
  std::string reason = written ? "" : std::strerror(errno);
  // Some file systems say only here that there was no room.
  if (::close(descriptor) != 0 && written && errno != EINTR) return std::strerror(errno);
  return reason;
}

void cannot_write(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ExitCode::output, fmt::format("cannot write {}: {}", path.string(), reason));
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    if (const std::string reason = try_to_write(path, text); !reason.empty()) {
      cannot_write(path, reason);
    }
    return;
  }
  const std::filesystem::path target = behind_links(path);
  const std::string part = fmt::format("{}.{}.part", target.string(), ::getpid());
  std::string reason = try_to_write(part, text);
  if (reason.empty() && system_calls().rename(part.c_str(), target.c_str()) != 0) {
    reason = std::strerror(errno);
  }
  if (reason.empty()) return;
  std::filesystem::remove(part, unknown);
  cannot_write(path, reason);
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

AppendedFile::AppendedFile(const std::filesystem::path& path)
    : path_(path),
      descriptor_(system_calls().open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                                      kReadableByAll)) {
  if (descriptor_ < 0) cannot_write(path_, std::strerror(errno));
}

AppendedFile::~AppendedFile() { ::close(descriptor_); }

void AppendedFile::write(std::string_view text) {
  if (!write_all(descriptor_, text)) cannot_write(path_, std::strerror(errno));
}

void AppendedFile::sync() const { system_calls().fsync(descriptor_); }

void sync(const std::filesystem::path& path) {
  const int descriptor = system_calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) return;
  system_calls().fsync(descriptor);
  ::close(descriptor);
}

}  // namespace derate
