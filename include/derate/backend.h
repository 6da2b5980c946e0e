// SPDX-License-Identifier: Apache-2.0
// The running side's view of a device: find it, open it, time work on it with its clock.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "derate/device.h"
#include "derate/record.h"

namespace derate {

/// One timed stretch of work.
struct Sample {
  double time_s = 0;  ///< wall time of all launches in the stretch
  /// Mean clock of the compute units around or during the stretch; NaN where it cannot be measured.
  double clock_hz = std::numeric_limits<double>::quiet_NaN();
  /// The device waited for the host to launch: the time is that of the launches, not of the work.
  bool host_bound = false;
  double power_w = std::numeric_limits<double>::quiet_NaN();        ///< under its load
  double temperature_c = std::numeric_limits<double>::quiet_NaN();  ///< likewise
  /// Share of the time in which a thread of the work was ready and something else had its core, of
  /// the thread that waited longest; NaN where the system does not count that.
  double waited_share = std::numeric_limits<double>::quiet_NaN();
  /// Whether something held the clock down meanwhile; empty where the sensors were not read.
  std::optional<bool> throttled = {};
};

/// An opened device on which work is launched in order.
class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual const Device& device() const = 0;

  /// Makes this device the current one of the calling thread: before a workload is prepared or
  /// launched, where several devices are open. Throws DeviceError.
  virtual void activate() {}

  /// Calls `launch(i)` for 0 <= i < launches, waits for all of it, and returns the time from the
  /// first launch's start to the last one's end with the clock seen around it. Throws DeviceError.
  [[nodiscard]] virtual Sample sample(const std::function<void(int)>& launch, int launches) = 0;

  /// The same by the host's clock, from the first call to the end of all work, for work in which
  /// the host takes part: it gets no head start.
  [[nodiscard]] virtual Sample sample_by_host(const std::function<void(int)>& launch,
                                              int launches) {
    return sample(launch, launches);
  }

  /// Waits until everything launched so far has finished. Throws DeviceError.
  virtual void synchronize() = 0;

  /// Calls `launch`, and returns a hash of the machine code of this program that it started on the
  /// device, and of the grids; empty where it started none, or the code is not known.
  [[nodiscard]] virtual std::string code_of(const std::function<void()>& launch) {
    launch();
    return "";
  }

  /// How long the clock of an idle device may take to rise once there is work: a warm-up waits up
  /// to this long until it is level. 0: it is not waited for.
  [[nodiscard]] virtual double clock_rise_s() const { return 0; }

  /// Leaves the device alone for a while.
  virtual void rest(double time_s) {
    std::this_thread::sleep_for(std::chrono::duration<double>(time_s));
  }

  /// Of all samples since the last call: the latest readings, and every reason seen.
  [[nodiscard]] virtual Telemetry telemetry() { return {}; }
};

/// The devices of one kind on this machine; when there are none, the reason in one sentence.
struct Probe {
  std::vector<Device> devices;
  std::string reason;
};

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Probe probe() = 0;  ///< never throws for "no device"
  [[nodiscard]] virtual std::unique_ptr<Session> open(const Device& device) = 0;
  /// Libraries that workloads open at run time: version and file of each, or why it cannot be used,
  /// in one sentence. May take a second.
  [[nodiscard]] virtual std::vector<std::string> libraries() { return {}; }
};

/// Every backend this build knows, CUDA first; one that was not compiled in says so in its Probe.
[[nodiscard]] std::vector<std::unique_ptr<Backend>> make_backends();

}  // namespace derate
