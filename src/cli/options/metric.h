// SPDX-License-Identifier: Apache-2.0
// The option --metric of gate, compare, track and noise.
#pragma once

#include <optional>

#include "base/command_line.h"
#include "regression/metric.h"

namespace derate::cli {

/// Nothing stands for auto.
void add_metric(Command& command, std::optional<Metric>& metric);

}  // namespace derate::cli
