// SPDX-License-Identifier: Apache-2.0
// The bandwidth of a PCIe link by generation and width, against PCI-SIG's figures.
#include "backend/cuda/pcie.h"

#include <gtest/gtest.h>

namespace derate::cuda {
namespace {

Fact link(double generation, double lanes) { return pcie_link({generation, ""}, {lanes, ""}); }

TEST(PcieLink, IsTransfersTimesLanesWithoutLineCoding) {
  // What PCI-SIG's tables state for a x16 link, one way.
  EXPECT_DOUBLE_EQ(link(1, 16).value.value(), 4e9);
  EXPECT_DOUBLE_EQ(link(2, 16).value.value(), 8e9);
  EXPECT_NEAR(link(3, 16).value.value(), 15.754e9, 1e6);
  EXPECT_NEAR(link(4, 16).value.value(), 31.508e9, 1e6);
  EXPECT_NEAR(link(5, 16).value.value(), 63.015e9, 1e6);
  EXPECT_DOUBLE_EQ(link(6, 16).value.value(), 128e9);
  EXPECT_NEAR(link(4, 8).value.value(), 15.754e9, 1e6);
  EXPECT_EQ(link(5, 16).source, "PCIe 5: 16 lanes x 32 GT/s x 128/130 (driver)");
}

TEST(PcieLink, IsUnknownWithAReason) {
  const Fact none = {{}, "Not Supported"};
  const Fact some = {5.0, "driver"};
  for (const Fact& fact : {pcie_link(none, some), pcie_link(some, none)}) {
    EXPECT_FALSE(fact.value);
    EXPECT_EQ(fact.source, "the PCIe link is not known: Not Supported");
  }
}

TEST(PcieText, NamesGenerationAndLanes) {
  const Fact none = {{}, "Not Supported"};
  EXPECT_EQ(pcie_text({5.0, ""}, {16.0, ""}), "5 x16");
  EXPECT_EQ(pcie_text(none, {16.0, ""}), "");
  EXPECT_EQ(pcie_text({5.0, ""}, none), "");
}

TEST(PcieNumbers, AreThoseOfTheSpecification) {
  for (const unsigned generation : {0u, 7u, 99u, ~0u}) EXPECT_FALSE(is_pcie_generation(generation));
  for (const unsigned generation : {1u, 6u}) EXPECT_TRUE(is_pcie_generation(generation));
  for (const unsigned lanes : {0u, 3u, 64u, ~0u}) EXPECT_FALSE(is_pcie_width(lanes));
  for (const unsigned lanes : {1u, 12u, 32u}) EXPECT_TRUE(is_pcie_width(lanes));
}

}  // namespace
}  // namespace derate::cuda
