// SPDX-License-Identifier: Apache-2.0
// An estimate of costs for people: low, middle and high, the break-even point, what was assumed.
#pragma once

#include <ostream>

#include "derate/estimate.h"

namespace derate::cli {

void write_cost(std::ostream& out, const CostEstimate& cost);

}  // namespace derate::cli
