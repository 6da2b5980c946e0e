// SPDX-License-Identifier: Apache-2.0
// An estimate of costs for people: low, middle and high, the break-even point, what was assumed.
#pragma once

#include <ostream>
#include <string_view>

#include "estimate/estimate.h"

namespace derate {

/// `currency` stands before every sum of money; empty where all prices are the user's.
void write_cost(std::ostream& out, const CostEstimate& cost, std::string_view currency);

}  // namespace derate
