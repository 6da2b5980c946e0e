// SPDX-License-Identifier: Apache-2.0
#include "cuda/session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "cuda/check.h"
#include "cuda/host_bound.h"
#include "cuda/probe.h"
#include "cuda/stamp_kernel.h"
#include "cuda/throttle.h"

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

// A measurement takes some hundred milliseconds at least, a reading up to a few.
constexpr std::chrono::milliseconds kBetweenReadings{25};

Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return Stream(stream);
}

TimedEvent make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "cudaEventCreate");
  return TimedEvent(event);
}

PinnedStamps make_stamps(int sms) {
  void* memory = nullptr;
  const auto count = static_cast<std::size_t>(stamp_count(sms));
  check(cudaHostAlloc(&memory, count * sizeof(Stamp), cudaHostAllocDefault), "cudaHostAlloc");
  return PinnedStamps(static_cast<Stamp*>(memory));
}

void select(const Device& device) { check(cudaSetDevice(device.index), "cudaSetDevice"); }

/// Everything that a session holds is created on the device selected here.
int selected_sms(const Device& device) {
  select(device);
  return static_cast<int>(device.compute_units);
}

std::uint64_t head_start_ns(int launches) {
  const auto wanted = kHeadStart_ns + static_cast<std::uint64_t>(launches) * kHeadStartPerLaunch_ns;
  return std::min(wanted, kLongestHeadStart_ns);
}

}  // namespace

GpuSession::GpuSession(const Device& device)
    : device_(device),
      sms_(selected_sms(device)),
      nvml_(gpu_address(device.index)),
      stream_(make_stream()),
      start_(make_event()),
      stop_(make_event()),
      before_(make_stamps(sms_)),
      after_(make_stamps(sms_)) {}

void GpuSession::activate() { select(device_); }

Sample GpuSession::sample(const std::function<void(int)>& launch, int launches) {
  activate();
  const int count = stamp_count(sms_);
  std::fill_n(before_.get(), count, Stamp{});
  std::fill_n(after_.get(), count, Stamp{});

  const std::uint64_t head_start = head_start_ns(launches);
  stamp_sms(before_.get(), sms_, head_start, stream());
  const auto queueing_since = std::chrono::steady_clock::now();
  check(cudaEventRecord(start_.get(), stream()), "cudaEventRecord");
  for (int i = 0; i < launches; ++i) launch(i);
  const std::chrono::duration<double> enqueue = std::chrono::steady_clock::now() - queueing_since;
  check(cudaEventRecord(stop_.get(), stream()), "cudaEventRecord");
  stamp_sms(after_.get(), sms_, 0, stream());
  read_sensors_under_load();
  synchronize();

  float elapsed_ms = 0;
  check(cudaEventElapsedTime(&elapsed_ms, start_.get(), stop_.get()), "cudaEventElapsedTime");
  const std::vector<Stamp> before(before_.get(), before_.get() + count);
  const std::vector<Stamp> after(after_.get(), after_.get() + count);
  const double time_s = 1e-3 * static_cast<double>(elapsed_ms);
  return {.time_s = time_s,
          .clock_hz = sm_clock_hz(before, after),
          .host_bound = host_bound({.enqueue_s = enqueue.count(),
                                    .head_start_s = 1e-9 * static_cast<double>(head_start),
                                    .elapsed_s = time_s,
                                    .launches = launches})};
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

void GpuSession::read_sensors() {
  const std::uint64_t earlier = reading_.throttle_mask;
  reading_ = nvml_.read();
  reading_.throttle_mask |= earlier;
  reading_at_ = std::chrono::steady_clock::now();
}

// Once a stream is idle, the reasons for a lower clock are gone within a millisecond. Everything is
// queued by now, so that reading delays no launch; not in every sample, because it takes a while.
void GpuSession::read_sensors_under_load() {
  const bool recent =
      reading_at_ && std::chrono::steady_clock::now() - *reading_at_ < kBetweenReadings;
  if (!recent && busy()) read_sensors();
}

Telemetry GpuSession::telemetry() {
  // No sample was long enough to be looked at: right after it is the best there is.
  if (!reading_at_) read_sensors();
  reading_at_.reset();
  const SensorReading reading = std::exchange(reading_, {});
  return {.power_w = reading.power_w,
          .temperature_c = reading.temperature_c,
          .throttle_reasons = throttle_words(reading.throttle_mask)};
}

void GpuSession::synchronize() {
  activate();
  check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
}

}  // namespace derate::cuda
