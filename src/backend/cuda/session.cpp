// SPDX-License-Identifier: Apache-2.0
// Takes samples: a stamp kernel that delays the stream until the launches are queued, events around
// the launches, stamps for the SM clock, and sensors read while the load runs.
#include "backend/cuda/session.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/code_hash.h"
#include "backend/cuda/host_bound.h"
#include "backend/cuda/probe.h"
#include "backend/cuda/processes.h"
#include "backend/cuda/stamp_kernel.h"
#include "backend/cuda/usable.h"
#include "derate/cuda/check.h"
#include "derate/cuda/launch_log.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

// The first stamp holds the stream back for as long as the host needs to queue the launches.
// Otherwise the start event passes on an idle GPU, and the time of the first launches, or of all
// short ones, is the host's. A fixed wait rather than one for a signal: it cannot hang. The longest
// one fills the queue, which holds about a thousand launches: a host that launches more slowly than
// the device works has to fall behind by all of them before the device waits.
constexpr std::uint64_t kHeadStart_ns = 20'000;
constexpr std::uint64_t kHeadStartPerLaunch_ns = 5'000;
constexpr std::uint64_t kLongestHeadStart_ns = 5'000'000;

constexpr double kUnread = std::numeric_limits<double>::quiet_NaN();

PinnedStamps make_stamps(int sms) {
  void* memory = nullptr;
  const auto count = static_cast<std::size_t>(stamp_count(sms));
  check(cudaHostAlloc(&memory, count * sizeof(Stamp), cudaHostAllocDefault), "cudaHostAlloc");
  return PinnedStamps(static_cast<Stamp*>(memory));
}

void select(const Device& device) { check(cudaSetDevice(device.index), "cudaSetDevice"); }

/// Creates the context, on which everything that a session holds is created.
int opened_sms(const Device& device) {
  cudaError_t status = cudaSetDevice(device.index);
  if (status == cudaSuccess) status = cudaFree(nullptr);  // before CUDA 12 this makes the context
  if (status == cudaErrorDevicesUnavailable && admits_one_process(device.index)) {
    static_cast<void>(cudaGetLastError());
    throw DeviceError(kHeldExclusively, false);
  }
  check(status, "creating a context");
  return static_cast<int>(device.compute_units);
}

std::uint64_t head_start_ns(int launches) {
  const auto wanted = kHeadStart_ns + static_cast<std::uint64_t>(launches) * kHeadStartPerLaunch_ns;
  return std::min(wanted, kLongestHeadStart_ns);
}

}  // namespace

GpuSession::GpuSession(const Device& device) : GpuSession(device, std::nullopt) {}

GpuSession::GpuSession(const Device& device, cudaStream_t stream)
    : GpuSession(device, std::optional(stream)) {}

GpuSession::GpuSession(const Device& device, std::optional<cudaStream_t> theirs)
    : device_(device),
      sms_(opened_sms(device)),
      nvml_(gpu_address(device.index)),
      counters_(nvml_.counters()),
      own_stream_(theirs ? nullptr : make_stream()),
      stream_(theirs.value_or(own_stream_.get())),
      start_(make_event(cudaEventDefault)),
      stop_(make_event(cudaEventDefault)),
      before_(make_stamps(sms_)),
      after_(make_stamps(sms_)) {
  note_unseen_sms();
}

void GpuSession::activate() { select(device_); }

void GpuSession::note_unseen_sms() {
  std::fill_n(before_.get(), stamp_count(sms_), Stamp{});
  stamp_sms(before_.get(), sms_, 0, stream());
  synchronize();
  const std::string unseen = unseen_sms({before_.get(), before_.get() + stamp_count(sms_)}, sms_);
  if (!unseen.empty()) device_.note += (device_.note.empty() ? "" : " ") + unseen;
}

void GpuSession::begin_sample() {
  activate();
  if (!log_.begun()) log_.begin(read_energy());
  std::fill_n(before_.get(), stamp_count(sms_), Stamp{});
  std::fill_n(after_.get(), stamp_count(sms_), Stamp{});
}

double GpuSession::clock_between_stamps_hz() const {
  const int count = stamp_count(sms_);
  return sm_clock_hz({before_.get(), before_.get() + count}, {after_.get(), after_.get() + count});
}

Sample GpuSession::sample(const std::function<void(int)>& launch, int launches) {
  begin_sample();
  const std::uint64_t head_start = head_start_ns(launches);
  stamp_sms(before_.get(), sms_, head_start, stream());
  const auto queueing_since = std::chrono::steady_clock::now();
  check(cudaEventRecord(start_.get(), stream()), "cudaEventRecord");
  for (int i = 0; i < launches; ++i) launch(i);
  const std::chrono::duration<double> enqueue = std::chrono::steady_clock::now() - queueing_since;
  check(cudaEventRecord(stop_.get(), stream()), "cudaEventRecord");
  stamp_sms(after_.get(), sms_, 0, stream());
  const SensorReading reading =
      may_be_read(sample_++) ? read_sensors_under_load() : SensorReading{};
  synchronize();

  float elapsed_ms = 0;
  check(cudaEventElapsedTime(&elapsed_ms, start_.get(), stop_.get()), "cudaEventElapsedTime");
  const double time_s = 1e-3 * static_cast<double>(elapsed_ms);
  return {.time_s = time_s,
          .clock_hz = clock_between_stamps_hz(),
          .host_bound = host_bound({.enqueue_s = enqueue.count(),
                                    .head_start_s = 1e-9 * static_cast<double>(head_start),
                                    .elapsed_s = time_s,
                                    .launches = launches}),
          .power_w = reading.power_w,
          .temperature_c = reading.temperature_c,
          .throttled = throttled(reading)};
}

// A head start would hide what the host does before the device begins, and events would time
// nothing but the device. Nothing is read meanwhile, because it would keep the host from its part.
Sample GpuSession::sample_by_host(const std::function<void(int)>& launch, int launches) {
  begin_sample();
  stamp_sms(before_.get(), sms_, 0, stream());
  synchronize();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < launches; ++i) launch(i);
  synchronize();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  stamp_sms(after_.get(), sms_, 0, stream());
  synchronize();
  return {.time_s = time.count(), .clock_hz = clock_between_stamps_hz()};
}

/// Whether the launches of the sample that was queued last are still running.
bool GpuSession::busy() const {
  const cudaError_t status = cudaEventQuery(stop_.get());
  if (status != cudaErrorNotReady) {
    check(status, "cudaEventQuery");
    return false;
  }
  static_cast<void>(cudaGetLastError());  // an answer rather than an error, but kept as one
  return true;
}

EnergyReading GpuSession::read_energy() const {
  const auto energy_mj = nvml_.energy_mj();
  return {std::chrono::steady_clock::now(), energy_mj};
}

/// The reasons first: they are of this moment, the others averages or slow. Once a stream is idle,
/// its reasons for a lower clock are gone within a millisecond, so under load they count only if
/// the load outlasted their reading.
SensorReading GpuSession::read_sensors(bool under_load) const {
  SensorReading reading;
  reading.throttle_mask = nvml_.throttle_mask();
  if (under_load && !busy()) reading.throttle_mask.reset();
  reading.power_w = nvml_.power_w().value_or(kUnread);
  reading.temperature_c = nvml_.temperature_c().value_or(kUnread);
  if (under_load) reading.energy_mj = nvml_.energy_mj();
  return reading;
}

// Everything is queued by now, so that reading delays no launch; but the head start is no load.
SensorReading GpuSession::read_sensors_under_load() {
  if (!budget_.due(std::chrono::steady_clock::now())) return {};
  check(cudaEventSynchronize(start_.get()), "cudaEventSynchronize");
  if (!busy()) return {};
  const auto begin = std::chrono::steady_clock::now();
  const SensorReading reading = read_sensors(true);
  if (!log_.has_state()) log_.add(nvml_.load_state());
  budget_.spend(begin, std::chrono::steady_clock::now());
  log_.add(reading);
  return reading;
}

Telemetry GpuSession::telemetry() {
  const EnergyReading energy = read_energy();
  // No sample was long enough to be looked at: right after it is the best there is.
  if (log_.empty()) log_.add(read_sensors(false));
  if (!log_.has_state()) log_.add(nvml_.load_state());
  Telemetry telemetry = log_.take(energy);
  const GpuCounters before = std::exchange(counters_, nvml_.counters());
  add_growth(before, counters_, telemetry);
  sample_ = 0;
  if (auto pids = nvml_.processes()) {
    const auto others =
        other_processes(std::move(*pids), static_cast<unsigned>(::getpid()), sees_all_processes());
    if (others) telemetry.other_processes = *others;
  }
  return telemetry;
}

void GpuSession::synchronize() {
  activate();
  check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
}

std::string GpuSession::code_of(const std::function<void()>& launch) {
  activate();
  const LaunchLog log;
  launch();
  return code_hash(log.launched());
}

}  // namespace derate::cuda
