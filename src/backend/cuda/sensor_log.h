// SPDX-License-Identifier: Apache-2.0
// What the sensors said during one measurement. No CUDA header here, so that it is tested on any
// machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "backend/cuda/throttle.h"
#include "derate/backend.h"

namespace derate::cuda {

/// One look at the sensors; NaN or empty where there is none.
struct SensorReading {
  double power_w = std::numeric_limits<double>::quiet_NaN();
  double temperature_c = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::uint64_t> throttle_mask = {};  ///< as NVML gives it: throttle.h
};

/// Whether something held the clock down; empty where the reasons were not read.
[[nodiscard]] inline std::optional<bool> throttled(const SensorReading& reading) {
  if (!reading.throttle_mask) return std::nullopt;
  return !throttle_words(*reading.throttle_mask).empty();
}

/// The energy counter at one time; it counts from when the driver was loaded.
struct EnergyReading {
  std::chrono::steady_clock::time_point time;
  std::optional<std::uint64_t> energy_mj;
};

class SensorLog {
 public:
  [[nodiscard]] bool begun() const { return begin_.has_value(); }
  [[nodiscard]] bool empty() const { return !last_; }

  /// Before the first sample.
  void begin(const EnergyReading& reading) { begin_ = reading; }

  /// The latest power and temperature count, and every reason.
  void add(const SensorReading& reading) {
    last_ = reading;
    reasons_ |= reading.throttle_mask.value_or(0);
  }

  /// Everything since begin(), which ends with this call.
  [[nodiscard]] Telemetry take(const EnergyReading& end) {
    Telemetry telemetry;
    const SensorReading last = last_.value_or(SensorReading{});
    telemetry.power_w = last.power_w;
    telemetry.temperature_c = last.temperature_c;
    telemetry.throttle_reasons = throttle_words(reasons_);
    // The counter advances in steps, which may be longer than a burst: then it says nothing.
    if (begin_ && begin_->energy_mj && end.energy_mj > begin_->energy_mj) {
      telemetry.energy_j = 1e-3 * static_cast<double>(*end.energy_mj - *begin_->energy_mj);
      telemetry.energy_time_s = std::chrono::duration<double>(end.time - begin_->time).count();
    }
    *this = {};
    return telemetry;
  }

 private:
  std::optional<EnergyReading> begin_;
  std::optional<SensorReading> last_;
  std::uint64_t reasons_ = 0;
};

}  // namespace derate::cuda
