// SPDX-License-Identifier: Apache-2.0
// NVLinks are counted as NVML has them, and carry what data sheets say of their generation.
#include "backend/cuda/nvlink.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "backend/cuda/nvml.h"

namespace derate::cuda {
namespace {

TEST(NvlinkBandwidth, IsLinksTimesTheRateOfTheirGeneration) {
  // Half of what data sheets state for both ways.
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_60", {4, ""}).value, 80e9);
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_70", {6, ""}).value, 150e9);
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_80", {12, ""}).value, 300e9);
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_86", {4, ""}).value, 56.25e9);
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_90", {18, ""}).value, 450e9);
  EXPECT_DOUBLE_EQ(*nvlink_bandwidth("sm_100", {18, ""}).value, 900e9);
  EXPECT_EQ(nvlink_bandwidth("sm_90", {18, ""}).source,
            "NVLink 4: 18 links (driver) x 25 GB/s one way (H100: 18 links, 900 GB/s both ways)");
}

TEST(NvlinkBandwidth, IsUnknownWithAReason) {
  EXPECT_EQ(nvlink_bandwidth("sm_90", {{}, "NVML cannot be used"}).source,
            "the number of NVLinks is not known: NVML cannot be used");
  EXPECT_EQ(nvlink_bandwidth("sm_90", {0, ""}).source, "no NVLink is in use");
  EXPECT_EQ(nvlink_bandwidth("sm_120", {2, ""}).source,
            "no rate of a link is on record for sm_120");
}

class Nvlinks : public testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("DERATE_FAKE_NVLINKS");
    ::unsetenv("DERATE_FAKE_STATUS");
  }
  static Fact of(const char* library, const char* uuid = "GPU-fake") {
    return Nvml({uuid, ""}, std::array{library}).nvlinks();
  }
};

TEST_F(Nvlinks, AreThoseInUse) {
  EXPECT_EQ(of(DERATE_FAKE_NVML).value, 0) << "a GPU that has none";
  ::setenv("DERATE_FAKE_NVLINKS", "1 1 0 1", 1);
  EXPECT_EQ(of(DERATE_FAKE_NVML).value, 3);
}

TEST_F(Nvlinks, AreUnknownWithAReason) {
  EXPECT_EQ(of("libno-such.so").source, "NVML cannot be used");
  EXPECT_EQ(of(DERATE_FAKE_NVML, "MIG-fake").source, "a MIG slice has no links of its own");
  EXPECT_EQ(of(DERATE_OLD_FAKE_NVML).source, "this driver's library lacks the function");
  ::setenv("DERATE_FAKE_STATUS", "4", 1);
  EXPECT_EQ(of(DERATE_FAKE_NVML).source, "Insufficient Permissions");
}

}  // namespace
}  // namespace derate::cuda
