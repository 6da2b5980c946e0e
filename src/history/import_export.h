// SPDX-License-Identifier: Apache-2.0
// A history as text: JSON Lines, which import reads back to the last bit, and CSV for tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>

#include "history/history.h"

namespace derate::history {

void export_lines(History& history, std::ostream& out);
/// One row a measurement; its samples in one cell, apart by blanks.
void export_csv(History& history, std::ostream& out);

struct Imported {
  std::int64_t sessions = 0;
  std::int64_t already_there = 0;
  std::int64_t measurements = 0;
};

/// Adds what export_lines() wrote, under new session numbers, in one transaction; sessions that are
/// there already are left out. Throws Error(invalid_input) with the line of what is wrong.
[[nodiscard]] Imported import_lines(History& history, const std::filesystem::path& path);

}  // namespace derate::history
