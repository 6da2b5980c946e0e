// SPDX-License-Identifier: Apache-2.0
// Plan → Samples: warm up, then sample until the interval of the median is narrow enough.
#pragma once

#include <functional>
#include <vector>

#include "derate/backend.h"
#include "derate/workload.h"

namespace derate {

/// All knobs of one measurement.
struct Plan {
  /// Launches before the first sample, for caches, page tables and the clock to settle.
  double warm_up_s = 0.05;
  /// Launches are repeated inside one sample until it lasts this long: far above the resolution of
  /// timers and of the clock measurement.
  double min_sample_s = 5e-3;
  int min_samples = 10;
  /// Stop when the 95 % interval of the median is within ± this fraction of it ...
  double target_half_width = 0.005;
  /// ... but not before this much time was sampled ...
  double min_time_s = 0;
  /// ... and at the latest when sampling took this long and min_samples are there; at four times
  /// this, stop with however many there are.
  double time_limit_s = 0.3;
  Operands operands;
};

/// What one measurement kept: every sample, none dropped.
struct Samples {
  std::vector<double> times_s;    ///< time of one launch, the mean over a sample's launches
  std::vector<double> clocks_hz;  ///< clock seen around each sample; NaN where not measured
  int launches_per_sample = 0;
  double warm_up_s = 0;         ///< time actually spent warming up
  double host_bound_share = 0;  ///< of the samples whose time was that of the launches
  bool converged = false;       ///< the target was met before the time limit
};

/// Thrown out of a measurement when `stop` answers true: nothing of it is to be recorded.
struct Interrupted {};

/// Measures `instance`. Throws DeviceError, and Interrupted when `stop()` answers true.
[[nodiscard]] Samples measure(Session& session, Instance& instance, const Plan& plan,
                              const std::function<bool()>& stop);

}  // namespace derate
