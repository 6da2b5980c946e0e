// SPDX-License-Identifier: Apache-2.0
// What derate fleet report promises, on fleets that never were: at a residual spread of 1 % at
// least 95 % of the GPUs that are slower by 6 % are found, and at most 1 % of those named are
// healthy. Seeds were not chosen. DERATE_FLEETS=N draws N fleets where the promise itself is
// tested.
#include <gtest/gtest.h>

#include <cstdlib>

#include "statistics/fleet_rules.h"

namespace derate::test {
namespace {

int promised_fleets() {
  const char* const fleets = std::getenv("DERATE_FLEETS");
  return fleets != nullptr ? std::atoi(fleets) : 20;
}

FleetTally tally_of(const FleetModel& model, int fleets, std::uint64_t seed) {
  return tally_rules(model, {derate_rule()}, fleets, seed).front();
}

TEST(FleetPromise, HoldsAtOnePercent) {
  const FleetTally tally = tally_of({}, promised_fleets(), 20261201);
  EXPECT_GT(tally.slow[1] + tally.slow[2] + tally.slow[3], 200);
  EXPECT_GE(tally.power(), 0.95);
  EXPECT_LE(tally.false_share(), 0.01) << tally.healthy_named << " of " << tally.named;
}

TEST(FleetPromise, HoldsInAQuietFleet) {
  FleetModel model;
  model.residual = 0.005;
  const FleetTally tally = tally_of(model, 6, 20261202);
  EXPECT_GE(tally.power(), 0.99);
  EXPECT_LE(tally.false_share(), 0.01) << tally.healthy_named << " of " << tally.named;
}

// A noisy fleet hides some, and is not flooded.
TEST(FleetPromise, IsNotFloodedByANoisyFleet) {
  FleetModel model;
  model.residual = 0.02;
  const FleetTally tally = tally_of(model, 6, 20261203);
  EXPECT_LT(tally.power(), 0.9);  // else the model tests nothing
  EXPECT_LE(tally.healthy_named, 2);
}

TEST(FleetPromise, NamesHardlyAnybodyWhereAllAreWell) {
  FleetModel model;
  model.slow_share = 0;
  const FleetTally tally = tally_of(model, 10, 20261204);
  EXPECT_LE(tally.fleets_with_healthy_named, 1);
}

TEST(FleetPromise, HoldsForMemoryAlone) {
  FleetModel model;
  model.fault = Fault::memory;
  const FleetTally tally = tally_of(model, 6, 20261205);
  EXPECT_GE(tally.power(), 0.9);
}

// Fixed rules miss or flood: what the report is for.
TEST(FleetPromise, FixedRulesMissOrFlood) {
  const std::vector<FleetTally> tallies =
      tally_rules({}, {any_row_below(0.95, trimmed_by_rule), below_best_of_node, below_fence(1.5)},
                  2, 20261206);
  EXPECT_GT(tallies[0].false_share(), 0.02);
  EXPECT_LT(tallies[1].power(), 0.95);
  EXPECT_GT(tallies[2].false_share(), 0.5);
}

}  // namespace
}  // namespace derate::test
