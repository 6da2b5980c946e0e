// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cuda/no_device.h"

namespace derate::cuda {
namespace {

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
