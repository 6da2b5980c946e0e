// SPDX-License-Identifier: Apache-2.0
// When a sample's time is that of the host's launches, by the times of queueing and of the device.
#include "backend/cuda/host_bound.h"

#include <gtest/gtest.h>

namespace derate::cuda {
namespace {

TEST(HostBound, NotWhenAllWasQueuedInTheHeadStart) {
  EXPECT_FALSE(
      host_bound({.enqueue_s = 4e-3, .head_start_s = 5e-3, .elapsed_s = 4e-3, .launches = 1000}));
  EXPECT_FALSE(
      host_bound({.enqueue_s = 1e-5, .head_start_s = 2e-5, .elapsed_s = 1e-6, .launches = 1}));
}

TEST(HostBound, WhenTheDeviceEndsWithTheHost) {
  // 5000 launches at 3 us each; the device needs 1 us, and is done as soon as the last one comes.
  EXPECT_TRUE(
      host_bound({.enqueue_s = 15e-3, .head_start_s = 5e-3, .elapsed_s = 10e-3, .launches = 5000}));
  // The same with some latency between the host's last call and the device's last work.
  EXPECT_TRUE(host_bound(
      {.enqueue_s = 15e-3, .head_start_s = 5e-3, .elapsed_s = 10.02e-3, .launches = 5000}));
}

TEST(HostBound, NotWhenTheDeviceWorksOnForLong) {
  EXPECT_FALSE(
      host_bound({.enqueue_s = 80e-6, .head_start_s = 70e-6, .elapsed_s = 5e-3, .launches = 10}));
}

TEST(HostBound, NotWhenAFullQueueHeldTheHostBack) {
  // 10000 launches of 3 us: the host waited for all but the last 1024.
  EXPECT_FALSE(host_bound(
      {.enqueue_s = 31.9e-3, .head_start_s = 5e-3, .elapsed_s = 30e-3, .launches = 10000}));
}

TEST(HostBound, NotWithoutLaunches) { EXPECT_FALSE(host_bound({})); }

}  // namespace
}  // namespace derate::cuda
