// SPDX-License-Identifier: Apache-2.0
// The reasons why there is no GPU, or why one cannot be used.
#include <gtest/gtest.h>

#include <vector>

#include "backend/cuda/no_device.h"
#include "backend/cuda/usable.h"

namespace derate::cuda {
namespace {

TEST(NoDevice, TellsAMissingDriverFromAnOldOne) {
  EXPECT_EQ(no_device_reason({"cudaErrorInsufficientDriver", "", 0, 13000}),
            "no NVIDIA driver is installed or loaded (or this is a container that was started "
            "without access to the GPUs)");
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

TEST(WhyUnusable, NamesADeviceThatIsOlderThanTheBuild) {
  const std::vector<int> built = {90, 75, 120};
  EXPECT_EQ(why_unusable(61, built, false),
            "this build has code for compute capability 7.5 and newer; this device has 6.1");
  EXPECT_EQ(why_unusable(70, std::vector{103}, false),
            "this build has code for compute capability 10.3 and newer; this device has 7.0");
  for (const int capability : {75, 80, 121}) EXPECT_EQ(why_unusable(capability, built, false), "");
  EXPECT_EQ(why_unusable(61, {}, false), "");
}

TEST(WhyUnusable, NamesAProhibitedDevice) {
  EXPECT_EQ(why_unusable(90, std::vector{90}, true),
            "its compute mode is Prohibited, in which no program may use it");
}

}  // namespace
}  // namespace derate::cuda
