// SPDX-License-Identifier: Apache-2.0
// read_records() of a file that is open already, such as a pipe of which the beginning was looked
// at.
#pragma once

#include <filesystem>
#include <functional>

#include "base/input_file.h"
#include "derate/record_file.h"

namespace derate {

/// records.jsonl of a folder; anything else itself.
[[nodiscard]] std::filesystem::path records_in(const std::filesystem::path& path);

ReadResult read_records(InputFile& file, const std::function<void(const Record&)>& use);

}  // namespace derate
