// SPDX-License-Identifier: Apache-2.0
// What a reader of a waterfall has to know: what could not be told apart, and what disturbed it.
#pragma once

#include <string>
#include <vector>

#include "attribution/waterfall.h"

namespace derate {

/// Sentences, most important first.
[[nodiscard]] std::vector<std::string> notes_of(const MeasuredStages& stages,
                                                const Waterfall& waterfall);

}  // namespace derate
