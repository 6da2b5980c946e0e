// SPDX-License-Identifier: Apache-2.0
// Plan → Samples: warm up, then sample until the interval of the median is narrow enough.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "derate/backend.h"
#include "derate/workload.h"

namespace derate {

/// Burst: short work on a rested device. Sustained: the settled state under load.
enum class Mode { burst, sustained };

[[nodiscard]] constexpr std::string_view to_string(Mode mode) {
  return mode == Mode::burst ? "burst" : "sustained";
}

/// All knobs of one measurement. The values here are those of the burst mode.
struct Plan {
  Mode mode = Mode::burst;
  /// Launches before the first sample, for caches, page tables and the clock to settle. Goes on
  /// until the clocks of its batches are level within 1 %, for at most Session::clock_rise_s().
  double warm_up_s = 0.05;
  /// Warm up further, up to this long, until the pace of the last second is within
  /// target_half_width that of the second before; 0: not at all.
  double settle_limit_s = 0;
  /// Pause after a sample during which something held the clock down, or when it was last read: a
  /// burst is to show what the device does before its limits take hold, as far as a pause lets it:
  /// the clock that falls meanwhile is waited for as before the first sample.
  double rest_s = 0.05;
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

/// The plan of a mode. Sustained: up to 30 s of load until the pace has settled, then samples of 50
/// ms back to back, long enough for the sensors to be read under each.
[[nodiscard]] Plan plan_of(Mode mode);

/// What one measurement kept: every sample, none dropped.
struct Samples {
  std::vector<double> times_s;         ///< time of one launch, the mean over a sample's launches
  std::vector<double> clocks_hz;       ///< clock seen around each sample; NaN where not measured
  std::vector<double> powers_w;        ///< under each sample; NaN where not read
  std::vector<double> temperatures_c;  ///< likewise
  std::vector<double> throttled;       ///< 1, 0, or NaN where not read
  std::vector<double> waited_shares;   ///< Sample::waited_share
  int launches_per_sample = 0;
  double warm_up_s = 0;         ///< time actually spent warming up
  double host_bound_share = 0;  ///< of the samples whose time was that of the launches
  bool settled = true;          ///< the pace was steady when sampling began, if that was wanted
  bool converged = false;       ///< the target was met before the time limit
};

/// Thrown out of a measurement when `stop` answers true: nothing of it is to be recorded.
struct Interrupted {};

/// Measures `instance`. Throws DeviceError, and Interrupted when `stop()` answers true.
[[nodiscard]] Samples measure(Session& session, Instance& instance, const Plan& plan,
                              const std::function<bool()>& stop);

/// Measures several instances interleaved, one sample each in turn, so that whatever drifts
/// meanwhile (clock, heat, neighbours) falls on all alike: sample i of one was taken beside sample
/// i of another. The first of a turn changes from turn to turn, and then the direction, so that
/// each follows each about equally often. All go on until every one has what it needs; only who
/// exceeds its own time limit stops before the others. Rotating operands go on across instances.
[[nodiscard]] std::vector<Samples> measure_side_by_side(Session& session,
                                                        std::span<Instance* const> instances,
                                                        const Plan& plan,
                                                        const std::function<bool()>& stop);

}  // namespace derate
