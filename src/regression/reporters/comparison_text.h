// SPDX-License-Identifier: Apache-2.0
// The two formats for people.
#pragma once

#include <cstddef>
#include <string>

#include "regression/reporters/reporters.h"

namespace derate::outputs {

[[nodiscard]] std::string terminal_text(const Comparison& comparison, bool all, std::size_t width);
/// At most `most_bytes`, as job_summary() says.
[[nodiscard]] std::string markdown_text(const Comparison& comparison, bool all,
                                        std::size_t most_bytes);

}  // namespace derate::outputs
