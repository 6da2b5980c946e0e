// SPDX-License-Identifier: Apache-2.0
// Which sessions are of one kind of machine.
#include "history/machine_kinds.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace derate::history {
namespace {

Environment runner(const std::string& mhz, const std::string& caches) {
  Environment environment{{{"num_cpus", "4", true}, {"mhz_per_cpu", mhz, false}}};
  if (!caches.empty()) environment.facts.push_back({"caches", caches, false});
  return environment;
}

using Kinds = std::vector<std::size_t>;

TEST(MachineKinds, AreNumberedAsTheyAppear) {
  EXPECT_EQ(machine_kinds({}), Kinds{});
  EXPECT_EQ(machine_kinds(std::vector{runner("3000", "L2 1"), runner("2000", "L2 1"),
                                      runner("3100", "L2 1"), runner("2000", "L2 2")}),
            (Kinds{0, 1, 0, 2}));
}

// Caches were not kept before: those sessions go on as the first kind that they may be of.
TEST(MachineKinds, AnOlderSessionIsOfTheFirstItDoesNotContradict) {
  EXPECT_EQ(machine_kinds(std::vector{runner("3000", ""), runner("3000", "L2 1"),
                                      runner("3000", "L2 2"), runner("3000", "")}),
            (Kinds{0, 0, 1, 0}));
}

}  // namespace
}  // namespace derate::history
