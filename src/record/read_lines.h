// SPDX-License-Identifier: Apache-2.0
// read_records() of what is open already: a pipe of which the beginning was looked at, or lines
// that come from elsewhere, such as a compressed file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/input_file.h"
#include "derate/record_file.h"

namespace derate {

/// records.jsonl of a folder; anything else itself.
[[nodiscard]] std::filesystem::path records_in(const std::filesystem::path& path);

/// Lines of records, wherever they come from.
class RecordLines {
 public:
  virtual ~RecordLines() = default;
  /// The next line, without its end; false behind the last.
  [[nodiscard]] virtual bool read_line(std::string& line) = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::int64_t line() const = 0;  ///< number of the last one, from 1 on
  [[nodiscard]] virtual bool was_cut() const = 0;       ///< whether that had no end
};

ReadResult read_records(RecordLines& lines, const std::function<void(const Record&)>& use);
ReadResult read_records(InputFile& file, const std::function<void(const Record&)>& use);

}  // namespace derate
