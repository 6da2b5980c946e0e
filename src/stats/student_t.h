// SPDX-License-Identifier: Apache-2.0
// Student's t and the normal distribution: Boost.Math behind one translation unit, since a file
// that includes it takes ten seconds to compile. Infinite degrees of freedom mean the normal
// distribution.
#pragma once

namespace derate {

/// The probability that Student's t with `df` degrees of freedom exceeds `t`.
[[nodiscard]] double student_t_above(double t, double df);

/// The value that it exceeds with `probability`.
[[nodiscard]] double student_t_exceeded(double probability, double df);

/// The probability that noncentral t, whose mean is moved by `shift` standard errors, exceeds `t`.
[[nodiscard]] double noncentral_t_above(double t, double df, double shift);

}  // namespace derate
