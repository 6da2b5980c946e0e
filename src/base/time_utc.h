// SPDX-License-Identifier: Apache-2.0
// Times as text: RFC 3339 in UTC, to the second.
#pragma once

#include <string>
#include <string_view>

namespace derate {

/// Now, as "2026-11-21T01:02:03Z" (RFC 3339).
[[nodiscard]] std::string now_utc();

/// Whether a text is such a time, of a day that there is.
[[nodiscard]] bool is_time_utc(std::string_view text);

/// Seconds since 1970 of such a time, also with fractions of a second or none of the zone; NaN for
/// what is none.
[[nodiscard]] double unix_seconds(const std::string& utc);

}  // namespace derate
