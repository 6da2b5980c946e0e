// SPDX-License-Identifier: Apache-2.0
// dot, unrolled: four sums at a time, so that four additions are under way where serial has one.
#include "dot/host_instance.h"

namespace dot {
namespace {

double unrolled(const double* x, const double* y, std::int64_t n) {
  double sums[4] = {};
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int lane = 0; lane < 4; ++lane) sums[lane] += x[i + lane] * y[i + lane];
  }
  for (; i < n; ++i) sums[0] += x[i] * y[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

const derate::Registration registration{host_variant("unrolled", unrolled)};

}  // namespace
}  // namespace dot
