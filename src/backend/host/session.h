// SPDX-License-Identifier: Apache-2.0
// The opened CPU: its thread pool, and samples with the clock of every core spread over
// them.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backend/host/clock.h"
#include "backend/host/contention.h"
#include "backend/host/topology.h"
#include "derate/backend.h"
#include "derate/host/pool_session.h"
#include "derate/host/thread_pool.h"

namespace derate::host {

class HostSession final : public PoolSession {
 public:
  /// `read_clock` reads the clock of the core that it is called on; there is a thread for each of
  /// `cpus`.
  explicit HostSession(Device device, std::function<ClockReading()> read_clock = measure_core_clock,
                       std::vector<int> cpus = usable_cores().cpus);

  [[nodiscard]] const Device& device() const override { return device_; }
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override;
  void synchronize() override {}  // launches return when they are done

  /// Steal time and other programs' time on the cores over all samples since the last call.
  [[nodiscard]] Telemetry telemetry() override;

  [[nodiscard]] ThreadPool& pool() override { return pool_; }

 private:
  /// Appends a reading of each core to `readings`, which has a list for each.
  void read_clocks(std::vector<std::vector<ClockReading>>& readings);

  Device device_;
  std::function<ClockReading()> read_clock_;
  std::vector<int> cpus_;
  ThreadPool pool_;
  RunDelays run_delays_;
  std::optional<CpuTime> sampling_since_;
  CpuTime sampled_until_;
};

}  // namespace derate::host
