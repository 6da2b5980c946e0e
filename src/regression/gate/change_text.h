// SPDX-License-Identifier: Apache-2.0
// A change as the sentences of a verdict state it.
#pragma once

#include <string>

#include "derate/statistics.h"

namespace derate {

/// 0.009 as "+0.90 %".
[[nodiscard]] std::string percent_text(double change);

/// "+0.90 % [0.30, 1.50]", with the interval where there is one.
[[nodiscard]] std::string change_text(const Estimate& change);

}  // namespace derate
