// SPDX-License-Identifier: Apache-2.0
// The opened CPU: its thread pool, and samples with the clock of every core around them.
#pragma once

#include <optional>
#include <vector>

#include "derate/backend.h"
#include "host/contention.h"
#include "host/thread_pool.h"

namespace derate::host {

class HostSession final : public Session {
 public:
  explicit HostSession(Device device);

  [[nodiscard]] const Device& device() const override { return device_; }
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override;
  void synchronize() override {}  // launches return when they are done

  /// What others took of the cores over all samples since the last call.
  [[nodiscard]] Telemetry telemetry() override;

  /// One thread per physical core, for the kernels.
  [[nodiscard]] ThreadPool& pool() { return pool_; }

  /// Mean clock of the pool's cores, right now; NaN where it cannot be measured.
  [[nodiscard]] double clock_hz();

 private:
  Device device_;
  std::vector<int> cpus_;
  ThreadPool pool_;
  std::optional<CpuTime> sampling_since_;
  CpuTime sampled_until_;
};

/// The host session behind an interface; throws DeviceError for a session of another backend.
[[nodiscard]] HostSession& host_session(Session& session);

}  // namespace derate::host
