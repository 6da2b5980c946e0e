// SPDX-License-Identifier: Apache-2.0
// dot, serial: each addition waits for the one before it, so the latency of an addition bounds it.
#include "dot/host_instance.h"

namespace dot {
namespace {

double serial(const double* x, const double* y, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

const derate::Registration registration{host_variant("serial", serial)};

}  // namespace
}  // namespace dot
