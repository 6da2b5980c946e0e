// SPDX-License-Identifier: Apache-2.0
// What of a fleet did not come: GPUs that other nodes have, nodes that failed or never came.
#pragma once

#include <vector>

#include "fleet/verdicts.h"

namespace derate::fleet {

[[nodiscard]] std::vector<Finding> missing_of(const FleetRecords& records);

}  // namespace derate::fleet
