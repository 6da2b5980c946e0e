// SPDX-License-Identifier: Apache-2.0
// How likely slow sessions gather at the end, by formula and by counting.
#include "stats/two_modes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace derate {
namespace {

/// (m / (n + m))^m (n / (n + m))^n: none of n and all of m.
double of_none_and_all(double n, double m) {
  return std::pow(m / (n + m), m) * std::pow(n / (n + m), n);
}

TEST(TwoModes, NoneBeforeAndAllSince) {
  for (const auto& [before, since] : {std::pair{30U, 2U}, {5U, 3U}, {100U, 1U}}) {
    EXPECT_NEAR(chance_of_slow_end({before, 0}, {since, since}), of_none_and_all(before, since),
                1e-3 * of_none_and_all(before, since));
  }
}

double binomial(double n, double k, double p) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) *
         std::pow(p, k) * std::pow(1 - p, n - k);
}

TEST(TwoModes, IsTheLargestOverEveryShare) {
  double largest = 0;
  for (double share = 0.001; share < 1; share += 0.001) {
    const double before = binomial(20, 0, share) + binomial(20, 1, share) + binomial(20, 2, share);
    const double since = binomial(5, 4, share) + binomial(5, 5, share);
    largest = std::max(largest, before * since);
  }
  EXPECT_NEAR(chance_of_slow_end({20, 2}, {5, 4}), largest, 1e-3 * largest);
}

TEST(TwoModes, NothingIsSaidWhereAllWereSlowOrNoneIs) {
  EXPECT_DOUBLE_EQ(chance_of_slow_end({10, 10}, {3, 3}), 1);
  EXPECT_DOUBLE_EQ(chance_of_slow_end({0, 0}, {3, 3}), 1);
  EXPECT_NEAR(chance_of_slow_end({10, 2}, {3, 0}), 1, 1e-3);
}

}  // namespace
}  // namespace derate
