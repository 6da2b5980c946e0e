// SPDX-License-Identifier: Apache-2.0
// What the sensors said during one measurement. No CUDA header here, so that it is tested on any
// machine.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "backend/cuda/nvml.h"
#include "backend/cuda/throttle.h"
#include "derate/backend.h"

namespace derate::cuda {

/// One look at the sensors; NaN or empty where there is none.
struct SensorReading {
  double power_w = std::numeric_limits<double>::quiet_NaN();
  double temperature_c = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::uint64_t> throttle_mask = {};  ///< as NVML gives it: throttle.h
  std::optional<std::uint64_t> energy_mj = {};
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

/// What counters grew by between two looks; unknown where one is missing or began anew.
inline void add_growth(const GpuCounters& before, const GpuCounters& after, Telemetry& telemetry) {
  const auto growth = [&](std::optional<std::uint64_t> GpuCounters::*counter, double scale) {
    const auto from = before.*counter;
    const auto to = after.*counter;
    return from && to && *to >= *from ? scale * static_cast<double>(*to - *from) : kUnknown;
  };
  telemetry.ecc_corrected = growth(&GpuCounters::ecc_corrected, 1);
  telemetry.ecc_uncorrected = growth(&GpuCounters::ecc_uncorrected, 1);
  telemetry.throttled_power_s = growth(&GpuCounters::throttled_power_ns, 1e-9);
  telemetry.throttled_thermal_s = growth(&GpuCounters::throttled_thermal_ns, 1e-9);
  telemetry.throttled_other_s = growth(&GpuCounters::throttled_other_ns, 1e-9);
}

class SensorLog {
 public:
  [[nodiscard]] bool begun() const { return begin_.has_value(); }
  [[nodiscard]] bool empty() const { return !last_; }
  [[nodiscard]] bool has_state() const { return state_.has_value(); }

  /// Before the first sample.
  void begin(const EnergyReading& reading) {
    begin_ = reading;
    add_energy(reading.energy_mj);
  }

  /// The latest power and temperature count, and every reason.
  void add(const SensorReading& reading) {
    last_ = reading;
    reasons_ |= reading.throttle_mask.value_or(0);
    if (reading.throttle_mask && (*reading.throttle_mask & kIdle) == 0) {
      setting_ = setting_.value_or(false) || (*reading.throttle_mask & kClockSetting) != 0;
    }
    add_energy(reading.energy_mj);
  }

  void add(LoadState state) { state_ = std::move(state); }

  /// Everything since begin(), which ends with this call.
  [[nodiscard]] Telemetry take(const EnergyReading& end) {
    Telemetry telemetry;
    const SensorReading last = last_.value_or(SensorReading{});
    telemetry.power_w = last.power_w;
    telemetry.temperature_c = last.temperature_c;
    telemetry.throttle_reasons = throttle_words(reasons_);
    if (setting_) telemetry.clock_setting = *setting_ ? 1 : 0;
    if (state_) {
      telemetry.pcie_link = state_->pcie_link;
      telemetry.pcie_link_maximum = state_->pcie_link_maximum;
      telemetry.memory_clock_ratio = state_->memory_clock_ratio.value_or(kUnknown);
    }
    // The counter advances in steps, which may be longer than a burst: then it says nothing.
    add_energy(end.energy_mj);
    if (begin_ && begin_->energy_mj && end.energy_mj > begin_->energy_mj) {
      telemetry.energy_j = 1e-3 * static_cast<double>(*end.energy_mj - *begin_->energy_mj);
      telemetry.energy_time_s = std::chrono::duration<double>(end.time - begin_->time).count();
      telemetry.energy_step_j = 1e-3 * static_cast<double>(energy_step_mj_);
    }
    *this = {};
    return telemetry;
  }

 private:
  /// Every step of the counter since begin() lies between two readings, so that none is larger than
  /// the largest advance. At either end the counter is behind by less than a step, so that the
  /// difference is off by less than one, in either direction.
  void add_energy(std::optional<std::uint64_t> energy_mj) {
    if (!energy_mj) return;
    if (energy_mj_ && *energy_mj > *energy_mj_) {
      energy_step_mj_ = std::max(energy_step_mj_, *energy_mj - *energy_mj_);
    }
    energy_mj_ = energy_mj;
  }

  std::optional<EnergyReading> begin_;
  std::optional<SensorReading> last_;
  std::optional<LoadState> state_;
  std::uint64_t reasons_ = 0;
  std::optional<bool> setting_;  ///< whether clocks that somebody set limited the clock
  std::optional<std::uint64_t> energy_mj_;
  std::uint64_t energy_step_mj_ = 0;
};

}  // namespace derate::cuda
