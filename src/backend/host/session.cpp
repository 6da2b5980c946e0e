// SPDX-License-Identifier: Apache-2.0
// Times the launches of a sample in three parts and reads the clock of each core before, between
// and after them.
#include "backend/host/session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "derate/error.h"

namespace derate::host {
namespace {

/// A sample's launches are timed in parts, with the clock read in between: a clock that moves
/// within the sample is seen, and time that is taken from one reading leaves the others.
constexpr int kParts = 3;

/// Of the thread that waited longest for its core between the two readings; NaN where none is read.
double longest_wait_s(const std::vector<double>& before_s, const std::vector<double>& after_s) {
  double longest_s = after_s.front() - before_s.front();
  for (std::size_t i = 0; i < after_s.size(); ++i) {
    longest_s = std::max(longest_s, after_s[i] - before_s[i]);
  }
  return longest_s;
}

}  // namespace

HostSession::HostSession(Device device, std::function<ClockReading()> read_clock,
                         std::vector<int> cpus)
    : device_(std::move(device)),
      read_clock_(std::move(read_clock)),
      cpus_(std::move(cpus)),
      pool_(cpus_),
      run_delays_(pool_) {}

void HostSession::read_clocks(std::vector<std::vector<ClockReading>>& readings) {
  pool_.run(
      [&](int thread) { readings[static_cast<std::size_t>(thread)].push_back(read_clock_()); });
}

Sample HostSession::sample(const std::function<void(int)>& launch, int launches) {
  using Clock = std::chrono::steady_clock;
  if (!sampling_since_) sampling_since_ = read_cpu_time(cpus_);
  std::vector<std::vector<ClockReading>> readings(cpus_.size());
  Clock::duration time{};
  double waited_s = 0;
  read_clocks(readings);
  for (int part = 0, launched = 0; launched < launches; ++part) {
    const int end = static_cast<int>(std::int64_t{launches} * (part + 1) / kParts);
    if (end == launched) continue;
    const std::vector<double> before_s = run_delays_.read();
    const Clock::time_point start = Clock::now();
    for (; launched < end; ++launched) launch(launched);
    time += Clock::now() - start;
    waited_s += longest_wait_s(before_s, run_delays_.read());
    read_clocks(readings);
  }
  sampled_until_ = read_cpu_time(cpus_);
  double sum_hz = 0;
  for (const std::vector<ClockReading>& of_core : readings) sum_hz += clock_over(of_core);
  Sample sample{.time_s = std::chrono::duration<double>(time).count(),
                .clock_hz = sum_hz / pool_.size()};
  sample.waited_share = std::clamp(waited_s / sample.time_s, 0.0, 1.0);  // NaN stays
  return sample;
}

Telemetry HostSession::telemetry() {
  Telemetry telemetry;
  if (sampling_since_) {
    telemetry.others_share = others_share(*sampling_since_, sampled_until_, cpus_.size());
  }
  sampling_since_.reset();
  return telemetry;
}

PoolSession& pool_session(Session& session) {
  auto* const host = dynamic_cast<PoolSession*>(&session);
  if (host == nullptr) throw DeviceError("this variant runs on the host only", false);
  return *host;
}

}  // namespace derate::host
