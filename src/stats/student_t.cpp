// SPDX-License-Identifier: Apache-2.0
// The one translation unit that includes Boost.Math's distributions.
#include "stats/student_t.h"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace derate {
namespace {

using boost::math::complement;

// Without long double in between: its digits are of no use here, and cost half the time.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
using StudentsT = boost::math::students_t_distribution<double, Policy>;
using Normal = boost::math::normal_distribution<double, Policy>;
using NoncentralT = boost::math::non_central_t_distribution<double>;  // its series needs the digits

}  // namespace

double student_t_above(double t, double df) {
  if (std::isinf(df)) return cdf(complement(Normal(), t));
  return cdf(complement(StudentsT(df), t));
}

double student_t_exceeded(double probability, double df) {
  if (std::isinf(df)) return quantile(complement(Normal(), probability));
  return quantile(complement(StudentsT(df), probability));
}

double noncentral_t_above(double t, double df, double shift) {
  if (std::isinf(df)) return cdf(complement(Normal(), t - shift));
  return cdf(complement(NoncentralT(df, shift), t));
}

}  // namespace derate
