// SPDX-License-Identifier: Apache-2.0
// Extents as real numbers: products of three of them pass 2⁶³.
#pragma once

#include <cstdint>

namespace derate {

[[nodiscard]] constexpr double real(std::int64_t extent) { return static_cast<double>(extent); }

[[nodiscard]] constexpr double times(std::int64_t a, std::int64_t b) { return real(a) * real(b); }

}  // namespace derate
