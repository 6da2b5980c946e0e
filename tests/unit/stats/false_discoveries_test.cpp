// SPDX-License-Identifier: Apache-2.0
// Shares of false discoveries against those of R, and the centre of a few rounds.
#include "stats/false_discoveries.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "derate/statistics.h"
#include "stats/hodges_lehmann.h"

namespace derate {
namespace {

// R's p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH").
TEST(FalseDiscoveries, AreThoseOfR) {
  const std::vector<double> q = q_values(std::vector<double>{0.01, 0.04, 0.03, 0.5});
  EXPECT_NEAR(q[0], 0.04, 1e-12);
  EXPECT_NEAR(q[1], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[2], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[3], 0.5, 1e-12);
}

TEST(FalseDiscoveries, LeaveOutWhatIsNoTest) {
  const std::vector<double> q = q_values(std::vector<double>{kUnknown, 0.02});
  EXPECT_TRUE(std::isnan(q[0]));
  EXPECT_EQ(q[1], 0.02);
}

TEST(HodgesLehmann, BearsOneOfFiveThatIsOff) {
  EXPECT_EQ(hodges_lehmann(std::vector<double>{1, 2, 3}), 2);
  EXPECT_LT(hodges_lehmann(std::vector<double>{1, 1.1, 0.9, 1, 100}), 1.2);
  EXPECT_EQ(hodges_lehmann(std::vector<double>{1, 100, 1.1}), 1.1);
  EXPECT_TRUE(std::isnan(hodges_lehmann({})));
}

}  // namespace
}  // namespace derate
