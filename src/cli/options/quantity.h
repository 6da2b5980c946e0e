// SPDX-License-Identifier: Apache-2.0
// Options that take quantities: a wrong one is refused with the option's name.
#pragma once

#include <string>

#include "base/command_line.h"
#include "estimate/quantity.h"

namespace derate::cli {

/// An option that takes a quantity.
Option add_quantity(Command& command, const std::string& option, double& value,
                    const std::string& meaning, Limits limits);

/// An option that takes one quantity, or a range of two, "0.75..0.85".
Option add_range(Command& command, const std::string& option, Range& range,
                 const std::string& meaning, Limits limits);

}  // namespace derate::cli
