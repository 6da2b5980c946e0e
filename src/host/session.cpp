// SPDX-License-Identifier: Apache-2.0
#include "host/session.h"

#include <chrono>
#include <numeric>
#include <utility>

#include "derate/error.h"
#include "host/clock.h"
#include "host/topology.h"

namespace derate::host {

HostSession::HostSession(Device device)
    : device_(std::move(device)), cpus_(usable_cores().cpus), pool_(cpus_) {}

double HostSession::clock_hz() {
  std::vector<double> clocks_hz(static_cast<std::size_t>(pool_.size()));
  pool_.run(
      [&](int thread) { clocks_hz[static_cast<std::size_t>(thread)] = measure_core_clock_hz(); });
  return std::accumulate(clocks_hz.begin(), clocks_hz.end(), 0.0) / pool_.size();
}

Sample HostSession::sample(const std::function<void(int)>& launch, int launches) {
  using Clock = std::chrono::steady_clock;
  if (!sampling_since_) sampling_since_ = read_cpu_time(cpus_);
  const double before_hz = clock_hz();
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < launches; ++i) launch(i);
  const Clock::time_point end = Clock::now();
  const double after_hz = clock_hz();
  sampled_until_ = read_cpu_time(cpus_);
  return {std::chrono::duration<double>(end - start).count(), (before_hz + after_hz) / 2};
}

Telemetry HostSession::telemetry() {
  Telemetry telemetry;
  if (sampling_since_) {
    telemetry.others_share = others_share(*sampling_since_, sampled_until_, cpus_.size());
  }
  sampling_since_.reset();
  return telemetry;
}

HostSession& host_session(Session& session) {
  auto* const host = dynamic_cast<HostSession*>(&session);
  if (host == nullptr) throw DeviceError("this variant runs on the host only", false);
  return *host;
}

}  // namespace derate::host
