// SPDX-License-Identifier: Apache-2.0
// Short names of the product classes, for tables that have one in each line.
#pragma once

#include "hardware/rate.h"

namespace derate {

inline constexpr ProductClass kPro = ProductClass::professional;
inline constexpr ProductClass kGeForce = ProductClass::geforce;

}  // namespace derate
