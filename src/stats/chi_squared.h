// SPDX-License-Identifier: Apache-2.0
// The chi-squared distribution, of which a variance's confidence limit is made.
#pragma once

namespace derate {

/// The value that chi-squared with `df` degrees of freedom exceeds with `probability`.
[[nodiscard]] double chi_squared_exceeded(double probability, double df);

}  // namespace derate
