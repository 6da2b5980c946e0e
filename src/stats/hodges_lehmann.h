// SPDX-License-Identifier: Apache-2.0
// The centre of a few repetitions of which one or two may be off.
#pragma once

#include <span>

namespace derate {

/// The median of the means of all pairs, each value with itself included (Hodges and Lehmann, Ann.
/// Math. Statist. 34, 1963): of normal values nearly as narrow as their mean, and up to 29 % of
/// them may be anything, so that of three, of which one is more, it is their median. NaN for no
/// values. Takes a time that grows with the square of their number.
[[nodiscard]] double hodges_lehmann(std::span<const double> values);

}  // namespace derate
