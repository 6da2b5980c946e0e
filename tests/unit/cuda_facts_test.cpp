// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "cuda/no_device.h"
#include "cuda/specified_clock.h"

namespace derate::cuda {
namespace {

TEST(SpecifiedClock, IsTheDataSheetsOfExactlyThisProduct) {
  EXPECT_EQ(specified_clock_hz("NVIDIA H200").value, 1980e6);
  EXPECT_EQ(specified_clock_hz("NVIDIA A100-SXM4-80GB").value, 1410e6);
  EXPECT_NE(specified_clock_hz("NVIDIA H200").source, "");
}

TEST(SpecifiedClock, OfAnotherProductWithALikeNameIsUnknown) {
  for (const char* name :
       {"", "H200", "NVIDIA H200 NVL", "NVIDIA H200 MIG 1g.18gb", "NVIDIA L40"}) {
    EXPECT_FALSE(specified_clock_hz(name).value) << name;
    EXPECT_NE(specified_clock_hz(name).source, "") << name;
  }
}

TEST(SpecifiedClock, TableNamesEachProductOnce) {
  std::set<std::string_view> products;
  for (const SpecifiedClock& clock : kSpecifiedClocks) {
    EXPECT_TRUE(products.insert(clock.product).second) << clock.product;
    EXPECT_GT(clock.boost_mhz, 1000) << clock.product;
    EXPECT_LT(clock.boost_mhz, 3000) << clock.product;
  }
}

TEST(NoDevice, TellsAMissingDriverFromAnOldOne) {
  EXPECT_EQ(no_device_reason({"cudaErrorInsufficientDriver", "", 0, 13000}),
            "no NVIDIA driver is installed or loaded");
  const std::string old = no_device_reason({"cudaErrorInsufficientDriver", "", 12020, 13000});
  EXPECT_NE(old.find("supports CUDA 12.2,"), std::string::npos) << old;
  EXPECT_NE(old.find("built with CUDA 13.0:"), std::string::npos) << old;
}

TEST(NoDevice, TellsADriverWithoutAGpuFromABrokenOne) {
  const std::string none = no_device_reason({"cudaErrorNoDevice", "", 13000, 13000});
  EXPECT_NE(none.find("offers no GPU"), std::string::npos) << none;
  EXPECT_EQ(no_device_reason({"cudaSuccess", "", 13000, 13000}), none);
  EXPECT_EQ(no_device_reason({"cudaErrorSystemNotReady", "fabric manager", 13000, 13000}),
            "counting the GPUs failed with cudaErrorSystemNotReady (fabric manager)");
}

}  // namespace
}  // namespace derate::cuda
