// SPDX-License-Identifier: Apache-2.0
// What `report`, `calibrate` and `run` share: records files → rows.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "derate/record_file.h"

namespace derate {

struct Analysis {
  std::vector<Row> rows;
  std::vector<BadLine> bad;
  std::int64_t duplicates = 0;  ///< records that stood in the files twice, counted once
};

/// Whether `wanted` is the record's device: its selector, its id, or a part of its name; empty is
/// any.
[[nodiscard]] bool is_of_device(const Record& record, const std::string& wanted);

/// Reads every file (or folder with a records.jsonl). `device` keeps one device only: its selector,
/// id, or a part of its name; empty keeps all. `also` is called with each record that counts, for
/// who needs more of it than rows keep. Throws Error(invalid_input).
[[nodiscard]] Analysis analyse(const std::vector<std::filesystem::path>& files,
                               const std::string& device,
                               const std::function<void(const Record&)>& also = {});

/// Whether any row is wrong, failed or suspect.
[[nodiscard]] bool any_failed(const std::vector<Row>& rows);

/// Names every unreadable line on standard error, the first twenty in full.
void warn_of(const std::vector<BadLine>& bad);

/// Says on standard error how many records stood in the files twice.
void warn_of_duplicates(std::int64_t duplicates);

}  // namespace derate
