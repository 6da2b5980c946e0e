// SPDX-License-Identifier: Apache-2.0
// Boost.Math's inverse of the incomplete gamma function.
#include "stats/chi_squared.h"

#include <boost/math/special_functions/gamma.hpp>

namespace derate {

double chi_squared_exceeded(double probability, double df) {
  return 2 * boost::math::gamma_q_inv(df / 2, probability);
}

}  // namespace derate
