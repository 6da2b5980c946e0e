// SPDX-License-Identifier: Apache-2.0
// Interleaved sampling of one or several instances: warm-up until pace and clock have settled, then
// samples in alternating order until the interval of each median is narrow enough or time is up.
#include "measure/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "derate/statistics.h"

namespace derate {
namespace {

constexpr int kMaxLaunches = 1 << 20;

constexpr double kPaceWindow_s = 1;
// The clock of an idle device rises in steps of some tens of milliseconds once there is work. Two
// halves of 50 ms show whether it still does: their means, since under a limit it goes to and fro.
constexpr double kClockWindow_s = 0.025;
constexpr double kClockWithin = 0.01;

/// Launches on rotating operand sets, going on where the last sample stopped, whoever took it, so
/// that a set is not reused before every other one was: instances may share theirs.
class Rotation {
 public:
  explicit Rotation(Session& session) : session_(session) {}

  void launch(Instance& instance) {
    instance.launch(static_cast<int>(next_++ % static_cast<std::uint64_t>(instance.sets())));
  }
  Sample sample(Instance& instance, int launches) {
    const auto launch_next = [&](int) { launch(instance); };
    return instance.host_takes_part() ? session_.sample_by_host(launch_next, launches)
                                      : session_.sample(launch_next, launches);
  }

 private:
  Session& session_;
  std::uint64_t next_ = 0;
};

/// A figure of a load over time, its pace or its clock, to see whether it has settled.
class Trend {
 public:
  using Centre = double (*)(std::span<const double>);

  /// `centre` stands for the values of a window.
  Trend(double window_s, Centre centre) : window_s_(window_s), centre_(centre) {}

  /// `value` is that of a batch that took `time_s`; NaN where it is not known.
  void add(double value, double time_s) {
    spent_s_ += time_s;
    last_batch_s_ = time_s;
    batches_.push_back({spent_s_, value});
    known_ = known_ || !std::isnan(value);
  }

  /// Whether any value was known.
  [[nodiscard]] bool known() const { return known_; }

  /// Whether the last window and the one before differ by no more than this fraction.
  [[nodiscard]] bool settled(double within) const {
    const double window_s = std::max(window_s_, 2 * last_batch_s_);  // a launch may last longer
    const double last = between(spent_s_ - window_s, spent_s_);
    const double before = between(spent_s_ - 2 * window_s, spent_s_ - window_s);
    return std::abs(last - before) <= within * before;  // false for NaN: nothing in a window
  }

 private:
  struct Batch {
    double until_s;
    double value;
  };

  /// The centre of the known values of the batches that ended within (from, to].
  [[nodiscard]] double between(double from_s, double to_s) const {
    std::vector<double> values;
    for (const Batch& batch : batches_) {
      if (batch.until_s <= from_s || batch.until_s > to_s || std::isnan(batch.value)) continue;
      values.push_back(batch.value);
    }
    return centre_(values);
  }

  double window_s_;
  Centre centre_;
  double spent_s_ = 0;
  double last_batch_s_ = 0;
  bool known_ = false;
  std::vector<Batch> batches_;
};

bool narrow_enough(const std::vector<double>& times_s, double target_half_width) {
  const Interval interval = median_interval(times_s);
  return interval.confidence >= 0.95 &&
         interval.relative_half_width(median(times_s)) <= target_half_width;
}

/// One of the interleaved instances, and what was kept of it.
class Contender {
 public:
  /// `clock_rise_s`: how long the device's clock may take to rise, Session::clock_rise_s().
  Contender(Instance& instance, const Plan& plan, double clock_rise_s)
      : instance_(instance),
        plan_(plan),
        clock_rise_s_(clock_rise_s),
        longest_(std::clamp(instance.longest_batch(), 1, kMaxLaunches)) {}

  [[nodiscard]] Samples& samples() { return samples_; }
  [[nodiscard]] double warm_up_s() const { return samples_.warm_up_s; }

  [[nodiscard]] bool is_warm() const {
    if (per_launch_s_ <= 0 || samples_.warm_up_s < plan_.warm_up_s) return false;
    const bool pace_may_settle = !samples_.settled && samples_.warm_up_s < plan_.settle_limit_s;
    return !pace_may_settle && !clock_may_rise();
  }

  /// One batch, twice as large as the one before until it is as long as a sample.
  void warm_up(Rotation& rotation) {
    const auto [time_s, clock_hz] = untimed(rotation, batch_);
    samples_.warm_up_s += time_s;
    per_launch_s_ = time_s / batch_;
    pace_.add(per_launch_s_, time_s);
    clock_.add(clock_hz, time_s);
    samples_.settled = plan_.settle_limit_s <= 0 || pace_.settled(plan_.target_half_width);
    if (time_s < plan_.min_sample_s) batch_ = std::min(batch_ * 2, longest_);
    const double needed = std::ceil(plan_.min_sample_s / std::max(per_launch_s_, 1e-9));
    samples_.launches_per_sample =
        static_cast<int>(std::clamp(needed, 1.0, static_cast<double>(longest_)));
  }

  /// After a rest: batches as long as a sample until the clocks of two in turn are level, so that
  /// no sample is of a clock that the rest let fall.
  void wake(Rotation& rotation) {
    double before_hz = 0;
    for (double spent_s = 0; spent_s < clock_rise_s_;) {
      const auto [time_s, clock_hz] = untimed(rotation, samples_.launches_per_sample);
      if (std::isnan(clock_hz) || std::abs(clock_hz - before_hz) <= kClockWithin * before_hz) {
        return;
      }
      before_hz = clock_hz;
      spent_s += time_s;
    }
  }

  /// Before a sample among others': one launch that is not timed brings back the code and whatever
  /// of the work stays in a cache from launch to launch, as in a sample behind its own. Of a launch
  /// as long as a sample that is too small a part to double its time for.
  void follow(Rotation& rotation) {
    if (samples_.launches_per_sample > 1) rotation.launch(instance_);
  }

  /// Whether something held the clock down meanwhile; empty where that was not read.
  std::optional<bool> sample(Rotation& rotation) {
    const Sample sample = rotation.sample(instance_, samples_.launches_per_sample);
    keep(sample);
    spent_s_ += sample.time_s;
    samples_.converged = has_enough() && spent_s_ >= plan_.min_time_s &&
                         narrow_enough(samples_.times_s, plan_.target_half_width);
    return sample.throttled;
  }

  [[nodiscard]] bool is_out_of_time() const {
    const double limit_s = std::max(plan_.time_limit_s, plan_.min_time_s);
    return !samples_.times_s.empty() && spent_s_ >= (has_enough() ? limit_s : 4 * limit_s);
  }
  [[nodiscard]] bool is_done() const { return samples_.converged || is_out_of_time(); }

 private:
  struct Batch {
    double time_s;
    double clock_hz;
  };
  Batch untimed(Rotation& rotation, int launches) {
    const Sample sample = rotation.sample(instance_, launches);
    return {sample.time_s, sample.clock_hz};
  }

  /// Whether the clock is seen and is not level yet, and there is time left to wait for it.
  [[nodiscard]] bool clock_may_rise() const {
    return samples_.warm_up_s < clock_rise_s_ && clock_.known() && !clock_.settled(kClockWithin);
  }

  [[nodiscard]] bool has_enough() const {
    return samples_.times_s.size() >= static_cast<std::size_t>(plan_.min_samples);
  }

  void keep(const Sample& sample) {
    samples_.times_s.push_back(sample.time_s / samples_.launches_per_sample);
    samples_.clocks_hz.push_back(sample.clock_hz);
    samples_.powers_w.push_back(sample.power_w);
    samples_.temperatures_c.push_back(sample.temperature_c);
    samples_.throttled.push_back(!sample.throttled   ? std::numeric_limits<double>::quiet_NaN()
                                 : *sample.throttled ? 1.0
                                                     : 0.0);
    samples_.waited_shares.push_back(sample.waited_share);
    if (sample.host_bound) ++host_bound_;
    samples_.host_bound_share =
        static_cast<double>(host_bound_) / static_cast<double>(samples_.times_s.size());
  }

  Instance& instance_;
  const Plan& plan_;
  double clock_rise_s_;
  int longest_;
  Samples samples_;
  Trend pace_{kPaceWindow_s, median};
  Trend clock_{kClockWindow_s, mean_of_known};
  int batch_ = 1;
  double per_launch_s_ = 0;
  double spent_s_ = 0;
  int host_bound_ = 0;
};

/// Next is always who had the least time so far, so that all have put the same load on the device
/// when sampling begins.
void warm_up(std::span<Contender> contenders, Rotation& rotation,
             const std::function<bool()>& stop) {
  const auto is_warm = [](const Contender& contender) { return contender.is_warm(); };
  while (!std::all_of(contenders.begin(), contenders.end(), is_warm)) {
    if (stop()) throw Interrupted{};
    std::min_element(
        contenders.begin(), contenders.end(),
        [](const Contender& a, const Contender& b) { return a.warm_up_s() < b.warm_up_s(); })
        ->warm_up(rotation);
  }
}

/// Who comes at `place` of a turn: everyone is first once in `count` turns, and the next `count` go
/// the other way round.
std::size_t in_turn(std::size_t turn, std::size_t place, std::size_t count) {
  const bool backwards = turn / count % 2 == 1;
  return (turn % count + (backwards ? count - place : place)) % count;
}

}  // namespace

Plan plan_of(Mode mode) {
  Plan plan;
  plan.mode = mode;
  if (mode == Mode::burst) return plan;
  plan.warm_up_s = 3;
  plan.settle_limit_s = 30;
  plan.rest_s = 0;
  plan.min_sample_s = 0.05;
  plan.time_limit_s = 3;
  return plan;
}

std::vector<Samples> measure_side_by_side(Session& session, std::span<Instance* const> instances,
                                          const Plan& plan, const std::function<bool()>& stop) {
  Rotation rotation(session);
  std::vector<Contender> contenders;
  for (Instance* instance : instances) {
    contenders.emplace_back(*instance, plan, session.clock_rise_s());
  }
  warm_up(contenders, rotation, stop);
  static_cast<void>(session.telemetry());  // what came before the samples does not count
  const auto is_done = [](const Contender& contender) { return contender.is_done(); };
  bool held_down = false;
  for (std::size_t turn = 0; !std::all_of(contenders.begin(), contenders.end(), is_done); ++turn) {
    for (std::size_t place = 0; place < contenders.size(); ++place) {
      Contender& next = contenders[in_turn(turn, place, contenders.size())];
      if (next.is_out_of_time()) continue;
      if (stop()) throw Interrupted{};
      if (held_down && plan.rest_s > 0) {
        session.rest(plan.rest_s);
        next.wake(rotation);
      }
      if (contenders.size() > 1) next.follow(rotation);
      held_down = next.sample(rotation).value_or(held_down);
    }
  }
  std::vector<Samples> samples;
  for (Contender& contender : contenders) samples.push_back(std::move(contender.samples()));
  return samples;
}

Samples measure(Session& session, Instance& instance, const Plan& plan,
                const std::function<bool()>& stop) {
  Instance* const alone = &instance;
  return std::move(measure_side_by_side(session, std::span(&alone, 1), plan, stop).front());
}

}  // namespace derate
