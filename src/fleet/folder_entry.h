// SPDX-License-Identifier: Apache-2.0
// What lies at a path that was found in a folder: what cannot be looked at is told, not left out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate::fleet {

enum class EntryKind {
  none,  ///< nothing, or a link to nothing
  file,  ///< a regular one
  folder,
  other,       ///< a pipe, a socket or a device, which may never end
  unreadable,  ///< not to be told
};

struct FolderEntry {
  EntryKind kind = EntryKind::none;
  std::string fault;  ///< "is a pipe, not a file"; "cannot be read: Permission denied"
};

/// Links count as what they lead to. The fault is of one that is to be a file.
[[nodiscard]] FolderEntry entry_at(const std::filesystem::path& path);

struct FolderList {
  std::vector<std::filesystem::path> paths;  ///< in order
  std::string fault;                         ///< "cannot be read: Permission denied"
};
[[nodiscard]] FolderList list_of(const std::filesystem::path& folder);

}  // namespace derate::fleet
