// SPDX-License-Identifier: Apache-2.0
// The tables of a history, and how an older one becomes the newest.
#pragma once

#include <span>
#include <string_view>

#include "history/database.h"

namespace derate::history {

/// PRAGMA application_id of a history: "drat".
inline constexpr std::int64_t kApplication = 0x64726174;

/// The steps, in order: step n turns version n into version n + 1. Never changed, only added to.
[[nodiscard]] std::span<const std::string_view> migrations();

/// Makes the tables, or brings them up to date, in one transaction. Throws Error(invalid_input)
/// for a database that is no history, and for one of a newer derate.
void prepare(Database& database, Access access);

}  // namespace derate::history
