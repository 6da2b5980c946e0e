// SPDX-License-Identifier: Apache-2.0
// Asks the file system, and keeps its answer where that is an error.
#include "fleet/folder_entry.h"

#include <algorithm>
#include <system_error>

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

std::string unreadable_text(const std::error_code& failed) {
  return "cannot be read: " + failed.message();
}

}  // namespace

FolderEntry entry_at(const fs::path& path) {
  std::error_code failed;
  switch (fs::status(path, failed).type()) {
    case fs::file_type::regular:
      return {EntryKind::file, ""};
    case fs::file_type::directory:
      return {EntryKind::folder, "is a folder, not a file"};
    case fs::file_type::not_found:
      return {EntryKind::none, "is missing"};
    case fs::file_type::none:
      return {EntryKind::unreadable, unreadable_text(failed)};
    case fs::file_type::fifo:
      return {EntryKind::other, "is a pipe, not a file"};
    case fs::file_type::socket:
      return {EntryKind::other, "is a socket, not a file"};
    default:
      return {EntryKind::other, "is a device, not a file"};
  }
}

FolderList list_of(const fs::path& folder) {
  FolderList list;
  std::error_code failed;
  fs::directory_iterator at(folder, failed);
  while (!failed && at != fs::directory_iterator()) {
    list.paths.push_back(at->path());
    at.increment(failed);
  }
  if (failed) list.fault = unreadable_text(failed);
  std::sort(list.paths.begin(), list.paths.end());
  return list;
}

}  // namespace derate::fleet
