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

Environment gpu(const std::string& id, const std::string& architecture) {
  return {{{"backend", "cuda", true},
           {"device_id", id, true},
           {"device_architecture", architecture, true}}};
}

// What does not know its identity may be of any of them, and learns it from the next one.
TEST(MachineKinds, AreToldApartByTheIdentityOfADevice) {
  EXPECT_EQ(machine_kinds(std::vector{gpu("a", "sm_90"), gpu("b", "sm_90"), gpu("", "sm_90"),
                                      gpu("b", ""), gpu("", "sm_100"), gpu("c", "sm_100"),
                                      gpu("d", "sm_100"), gpu("c", "sm_100"), gpu("a", "sm_100")}),
            (Kinds{0, 1, 0, 1, 2, 2, 3, 2, 4}));
}

// The identity of a CPU is that of its installation.
TEST(MachineKinds, OfACpuTheIdentitySaysNothing) {
  Environment one = gpu("a", "zen5");
  Environment other = gpu("b", "zen5");
  one.facts[0].value = other.facts[0].value = "host";
  EXPECT_EQ(machine_kinds(std::vector{one, other}), (Kinds{0, 0}));
}

}  // namespace
}  // namespace derate::history
