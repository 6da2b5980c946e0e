// SPDX-License-Identifier: Apache-2.0
// Busy time parsed from /proc/stat, and the share of it that is not the process's own.
#include "backend/host/contention.h"

#include <gtest/gtest.h>

#include <cmath>

namespace derate::host {
namespace {

constexpr std::string_view kStat =
    "cpu  300 0 60 9000 10 0 0 40 0 0\n"
    "cpu0 200 10 30 4500 99 1 2 7 50 0\n"
    "cpu1 100 0 30 4500 10 0 0 0 0 0\n"
    "cpu10 5000 0 0 0 0 0 0 0 0 0\n"
    "intr 1 2 3\n";

TEST(Contention, CountsBusyTicksOfTheseCpusOnly) {
  EXPECT_DOUBLE_EQ(busy_seconds(kStat, {0}, 100), 2.5);  // without idle, iowait and guest
  EXPECT_DOUBLE_EQ(busy_seconds(kStat, {0, 1}, 100), 3.8);
  EXPECT_DOUBLE_EQ(busy_seconds(kStat, {7}, 100), 0);
  EXPECT_DOUBLE_EQ(busy_seconds("", {0}, 100), 0);
}

TEST(Contention, ReadsHowLongAThreadWaited) {
  EXPECT_DOUBLE_EQ(run_delay_s("7000000000 1500000000 42\n"), 1.5);
  EXPECT_TRUE(std::isnan(run_delay_s("")));
  EXPECT_TRUE(std::isnan(run_delay_s("7\n")));
}

TEST(Contention, OthersHaveWhatIsBusyAndNotOurs) {
  const CpuTime before{10, 4, 100};
  EXPECT_DOUBLE_EQ(others_share(before, {12, 6, 101}, 2), 0);         // both CPUs ours
  EXPECT_DOUBLE_EQ(others_share(before, {12, 5, 101}, 2), 0.5);       // one is another's
  EXPECT_NEAR(others_share(before, {11.9, 6, 101}, 2), -0.05, 1e-9);  // ticks lag behind
  EXPECT_TRUE(std::isnan(others_share(before, {10, 4, 100.01}, 2)));
}

TEST(Contention, OwnWorkIsNotOthers) {
  const CpuTime before = read_cpu_time({0});
  EXPECT_GT(before.wall_s, 0);
  EXPECT_GE(before.busy_s, 0);
  EXPECT_GE(before.own_s, 0);
}

}  // namespace
}  // namespace derate::host
