// SPDX-License-Identifier: Apache-2.0
// A box of GPUs that do not exist, for collectives to be prepared on.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "derate/cuda/stream_session.h"
#include "derate/workload.h"

namespace derate {

inline Device fake_gpu(int index = 0) {
  Device device;
  device.backend = "cuda";
  device.index = index;
  device.architecture = "sm_90";
  device.memory_bytes = std::uint64_t{80} << 30;
  return device;
}

class FakeSession final : public cuda::StreamSession {
 public:
  [[nodiscard]] const Device& device() const override { return device_; }
  [[nodiscard]] cudaStream_t stream() const override { return &stream_; }
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    for (int i = 0; i < launches; ++i) launch(i);
    return {.time_s = 1e-3};
  }
  void synchronize() override { static_cast<void>(cudaStreamSynchronize(&stream_)); }

 private:
  Device device_ = fake_gpu();
  mutable CUstream_st stream_;
};

inline const Workload& collective_of(std::string_view name, std::string_view variant) {
  for (const Workload* workload : registered_workloads()) {
    if (workload->name == name && workload->variant == variant) return *workload;
  }
  throw std::out_of_range(std::string(name) + "/" + std::string(variant));
}

}  // namespace derate
