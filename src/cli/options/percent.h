// SPDX-License-Identifier: Apache-2.0
// Shares on a command line: "2%" or "0.02".
#pragma once

#include <string>

#include "base/command_line.h"

namespace derate::cli {

/// An option that takes a share above 0 and below 1. Throws Error(usage) that names `option` for
/// anything else, for a number of one and more without a percent sign, which could be meant as
/// either, above all.
Option add_share(Command& command, const std::string& option, double& share,
                 const std::string& meaning);

}  // namespace derate::cli
