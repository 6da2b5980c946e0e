// SPDX-License-Identifier: Apache-2.0
// A small GPU that does not exist, for workloads to be prepared on.
#pragma once

#include <functional>

#include "derate/cuda/stream_session.h"
#include "fibers.h"

namespace derate::emulation {

[[nodiscard]] inline Device emulated_device() {
  Device device;
  device.backend = "cuda";
  device.name = "emulated GPU";
  device.architecture = "sm_90";
  device.compute_units = 4;
  device.compute_units_source = "emulation";
  device.memory_bytes = std::uint64_t{8} << 30;
  device.last_level_cache_bytes = 256 * 1024;
  return device;
}

/// Runs what is launched on it at once, in the order of its schedule.
class EmulatedSession final : public cuda::StreamSession {
 public:
  [[nodiscard]] const Device& device() const override { return device_; }
  [[nodiscard]] cudaStream_t stream() const override { return &schedule_; }
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    for (int i = 0; i < launches; ++i) launch(i);
    return {.time_s = 1e-3};
  }
  void synchronize() override {}

  void set_schedule(const Schedule& schedule) { schedule_ = schedule; }

 private:
  Device device_ = emulated_device();
  mutable Schedule schedule_;
};

}  // namespace derate::emulation
