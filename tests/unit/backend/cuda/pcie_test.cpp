// SPDX-License-Identifier: Apache-2.0
// The bandwidth of a PCIe link by generation and width, against PCI-SIG's figures.
#include "backend/cuda/pcie.h"

#include <gtest/gtest.h>

namespace derate::cuda {
namespace {

TEST(PcieLink, IsTransfersTimesLanesWithoutLineCoding) {
  // What PCI-SIG's tables state for a x16 link, one way.
  EXPECT_DOUBLE_EQ(pcie_link(1, 16).value.value(), 4e9);
  EXPECT_DOUBLE_EQ(pcie_link(2, 16).value.value(), 8e9);
  EXPECT_NEAR(pcie_link(3, 16).value.value(), 15.754e9, 1e6);
  EXPECT_NEAR(pcie_link(4, 16).value.value(), 31.508e9, 1e6);
  EXPECT_NEAR(pcie_link(5, 16).value.value(), 63.015e9, 1e6);
  EXPECT_DOUBLE_EQ(pcie_link(6, 16).value.value(), 128e9);
  EXPECT_NEAR(pcie_link(4, 8).value.value(), 15.754e9, 1e6);
  EXPECT_EQ(pcie_link(5, 16).source, "PCIe 5: 16 lanes x 32 GT/s x 128/130 (driver)");
}

TEST(PcieLink, IsUnknownWithAReason) {
  for (const Fact& fact : {pcie_link({}, 16), pcie_link(5, {}), pcie_link(5, 0)}) {
    EXPECT_FALSE(fact.value);
    EXPECT_EQ(fact.source, "the driver does not state the PCIe link's generation and width");
  }
  for (const unsigned generation : {0u, 7u}) {
    EXPECT_FALSE(pcie_link(generation, 16).value);
    EXPECT_EQ(pcie_link(generation, 16).source,
              "the PCIe link's generation is not one that is on record here");
  }
}

}  // namespace
}  // namespace derate::cuda
