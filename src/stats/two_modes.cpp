// SPDX-License-Identifier: Apache-2.0
// The product of two binomial probabilities, largest over the share of slow sessions: the logarithm
// of either is concave in the share, so that there is one maximum.
#include "stats/two_modes.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/tools/minima.hpp>

namespace derate {
namespace {

double at_most(const Slow& of, double share) {
  if (of.slow >= of.sessions) return 1;
  return boost::math::ibetac(static_cast<double>(of.slow) + 1,
                             static_cast<double>(of.sessions - of.slow), share);
}

double at_least(const Slow& of, double share) {
  if (of.slow == 0) return 1;
  return boost::math::ibeta(static_cast<double>(of.slow),
                            static_cast<double>(of.sessions - of.slow) + 1, share);
}

}  // namespace

double chance_of_slow_end(const Slow& before, const Slow& since) {
  constexpr int kBits = 12;  // of the share: the maximum is flat
  const auto negative = [&](double share) {
    return -at_most(before, share) * at_least(since, share);
  };
  const auto [share, least] = boost::math::tools::brent_find_minima(negative, 0.0, 1.0, kBits);
  return std::max(-least, -negative(1.0));
}

}  // namespace derate
