// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace derate {

/// Now, as "2026-11-21T01:02:03Z" (RFC 3339).
[[nodiscard]] std::string now_utc();

}  // namespace derate
