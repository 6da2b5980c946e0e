// SPDX-License-Identifier: Apache-2.0
// Records in a file: JSON Lines, flushed one by one, read back in one pass.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "derate/record.h"

namespace derate {

class AppendedFile;

/// Appends records to a file; each is on disk on return, where the file system can do that.
class RecordWriter {
 public:
  /// Opens for appending; a link is followed. Throws Error(output) with the reason when it cannot.
  explicit RecordWriter(const std::filesystem::path& path);
  /// The same; where a link is not to be followed, since nobody named it, one is refused.
  RecordWriter(const std::filesystem::path& path, bool follows_link);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// Writes one line. Throws Error(output), for example when the disk is full.
  void write(const Record& record);

 private:
  std::unique_ptr<AppendedFile> file_;
};

/// A line that is not a usable record.
struct BadLine {
  std::string file;
  std::int64_t line = 0;  ///< counted from 1
  std::string reason;     ///< one sentence that names the field
};

struct ReadResult {
  std::int64_t good = 0;
  std::vector<BadLine> bad;
};

/// Calls `use` for every good line of a records file; the Record is only valid during the call.
/// `path` may be a folder that holds records.jsonl. Throws Error(invalid_input) when the file
/// cannot be read or holds no good line at all.
ReadResult read_records(const std::filesystem::path& path,
                        const std::function<void(const Record&)>& use);

}  // namespace derate
