// SPDX-License-Identifier: Apache-2.0
// What is stolen and who else runs, from invented files of /proc.
#include "base/machine_load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace derate {
namespace {

/// Two cores after `idle` and `steal` ticks of all CPUs.
std::string stat(int idle, int steal) {
  return fmt::format(
      "cpu  100 0 50 {} 7 0 3 {} 0 0\ncpu0 50 0 25 9 0 0 0 0 0 0\ncpu1 50 0 25 9 0 0 0 0 0 0\n"
      "intr 7\n",
      idle, steal);
}

TEST(MachineLoad, IsReadFromProc) {
  const MachineLoad load = machine_load_of(stat(1000, 10), stat(1190, 20), "0.75 0.5 0.2 1/99 7\n");
  EXPECT_DOUBLE_EQ(load.stolen_share, 10 / 200.0);
  EXPECT_DOUBLE_EQ(load.load, 0.75);
  EXPECT_EQ(load.cores, 2);
}

TEST(MachineLoad, IsUnknownWhereProcSaysNothing) {
  const MachineLoad load = machine_load_of("", "", "");
  EXPECT_TRUE(std::isnan(load.stolen_share));
  EXPECT_TRUE(std::isnan(load.load));
  EXPECT_EQ(why_unsteady(load), "");
}

TEST(MachineLoad, IsUnsteadyWhereTimeIsStolenOrNoCoreIsFree) {
  EXPECT_EQ(why_unsteady({.stolen_share = 0.009, .load = 1.5, .cores = 2}), "");
  EXPECT_EQ(why_unsteady({.stolen_share = 0.03, .load = 0, .cores = 2}),
            "3.0 % of the CPUs' time was stolen");
  EXPECT_EQ(why_unsteady({.stolen_share = 0, .load = 1.6, .cores = 2}), "a load of 1.6 on 2 cores");
  EXPECT_EQ(why_unsteady({.stolen_share = 0, .load = 13, .cores = 1}), "a load of 13.0 on 1 core");
}

TEST(MachineLoad, OfThisMachineIsPlausible) {
  const MachineLoad load = look_at_machine();
  EXPECT_GE(load.cores, 1);
  EXPECT_FALSE(load.stolen_share < 0 || load.stolen_share > 1);
  EXPECT_GE(load.load, 0);
}

}  // namespace
}  // namespace derate
