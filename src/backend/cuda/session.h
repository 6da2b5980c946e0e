// SPDX-License-Identifier: Apache-2.0
// An opened GPU: one stream, its own or somebody else's, its events and the stamps around each
// sample.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "backend/cuda/nvml.h"
#include "backend/cuda/reading_budget.h"
#include "backend/cuda/sensor_log.h"
#include "backend/cuda/stamps.h"
#include "backend/cuda/stream.h"
#include "derate/cuda/stream_session.h"

namespace derate::cuda {

struct FreePinned {
  void operator()(Stamp* stamps) const { static_cast<void>(cudaFreeHost(stamps)); }
};
/// Host memory that the device writes directly, so that reading it needs no copy in the stream.
using PinnedStamps = std::unique_ptr<Stamp[], FreePinned>;

class GpuSession final : public StreamSession {
 public:
  /// Creates the context on the GPU, and looks which SMs stamps reach: device().note tells when
  /// these are not all. Throws DeviceError.
  explicit GpuSession(const Device& device);
  /// The same on `stream` of this process, which outlives the session and stays its owner's: for
  /// work that a library launches there. It may be the default stream, 0.
  GpuSession(const Device& device, cudaStream_t stream);

  [[nodiscard]] const Device& device() const override { return device_; }
  [[nodiscard]] cudaStream_t stream() const override { return stream_; }
  void activate() override;
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override;
  [[nodiscard]] Sample sample_by_host(const std::function<void(int)>& launch,
                                      int launches) override;
  void synchronize() override;
  /// An idle H200 stands at 345 MHz.
  [[nodiscard]] double clock_rise_s() const override { return 2; }
  [[nodiscard]] std::string code_of(const std::function<void()>& launch) override;
  [[nodiscard]] Telemetry telemetry() override;

 private:
  /// On `theirs`, or on a stream of its own where there is none.
  GpuSession(const Device& device, std::optional<cudaStream_t> theirs);

  void begin_sample();
  void note_unseen_sms();
  [[nodiscard]] double clock_between_stamps_hz() const;
  [[nodiscard]] bool busy() const;
  [[nodiscard]] EnergyReading read_energy() const;
  [[nodiscard]] SensorReading read_sensors(bool under_load) const;
  [[nodiscard]] SensorReading read_sensors_under_load();

  Device device_;
  int sms_;
  Nvml nvml_;
  SensorLog log_;  ///< since telemetry()
  ReadingBudget budget_;
  GpuCounters counters_;      ///< at the last telemetry()
  std::uint64_t sample_ = 0;  ///< since then
  Stream own_stream_;         ///< empty where it works on somebody else's
  cudaStream_t stream_;
  Event start_;
  Event stop_;
  PinnedStamps before_;
  PinnedStamps after_;
};

}  // namespace derate::cuda
