// SPDX-License-Identifier: Apache-2.0
// Values repeat after a prime number of elements, so that what went to the wrong place is hardly
// right there.
#include "backend/cuda/nccl_all_reduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "backend/cuda/visit.h"
#include "base/system_calls.h"
#include "derate/cuda/check.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

constexpr std::int64_t kLinkPeriod = 4093;
constexpr std::int64_t kWindowsChecked = 16;

float value_sent(int rank, std::int64_t index) {
  return static_cast<float>((rank + 1) * (index % kLinkPeriod + 1) % 127);
}

/// One period from the host, and copies of it on the device.
void fill_with_sent(DeviceBuffer<float>& buffer, int rank, cudaStream_t stream) {
  std::vector<float> period(static_cast<std::size_t>(std::min(buffer.count(), kLinkPeriod)));
  for (std::size_t i = 0; i < period.size(); ++i) {
    period[i] = value_sent(rank, static_cast<std::int64_t>(i));
  }
  cuda::check(cudaMemcpyAsync(buffer.data(), period.data(), period.size() * sizeof(float),
                              cudaMemcpyHostToDevice, stream),
              "cudaMemcpyAsync");
  cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  for (auto done = static_cast<std::int64_t>(period.size()); done < buffer.count(); done *= 2) {
    const std::int64_t count = std::min(done, buffer.count() - done);
    cuda::check(cudaMemcpyAsync(buffer.data() + done, buffer.data(),
                                static_cast<std::size_t>(count) * sizeof(float),
                                cudaMemcpyDeviceToDevice, stream),
                "cudaMemcpyAsync");
  }
}

}  // namespace

LinkMemory::LinkMemory(std::vector<int> devices, std::int64_t bytes)
    : devices_(std::move(devices)) {
  const std::int64_t count = bytes / static_cast<std::int64_t>(sizeof(float));
  for (const int device : devices_) {
    const Visit visit(device);
    sent_.emplace_back(count);
    received_.emplace_back(count);
  }
}

AllReduceBetween::AllReduceBetween(const NcclId& id, int ranks, int first_rank, LinkMemory& memory)
    : memory_(memory), sums_(static_cast<std::size_t>(std::min(memory.count(), kLinkPeriod))) {
  for (int rank = 0; rank < ranks; ++rank) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      sums_[i] += value_sent(rank, static_cast<std::int64_t>(i));
    }
  }
  cuda::check(cudaSetDevice(memory.devices().front()), "cudaSetDevice");
  first_stream_ = make_stream();
  communicators_ = std::make_shared<NcclCommunicators>(id, ranks, first_rank, memory.devices());
  launches_ = std::make_unique<NcclLaunches>(communicators_, first_stream_.get());
  for (int local = 0; local < launches_->count(); ++local) {
    const Visit visit(launches_->device(local));
    fill_with_sent(memory_.sent(local), first_rank + local, launches_->stream(local));
  }
  poison();
}

void AllReduceBetween::poison() {
  for (int local = 0; local < launches_->count(); ++local) {
    const Visit visit(launches_->device(local));
    memory_.received(local).poison(launches_->stream(local));
  }
  launches_->synchronize();
}

void AllReduceBetween::launch(std::int64_t times) {
  for (std::int64_t i = 0; i < times; ++i) {
    launches_->launch([this](int local, NcclComm communicator, cudaStream_t stream) {
      check_nccl(nccl().all_reduce(memory_.sent(local).data(), memory_.received(local).data(),
                                   static_cast<std::size_t>(memory_.count()), kNcclFloat32,
                                   kNcclSum, communicator, stream),
                 "ncclAllReduce");
    });
  }
  launches_->synchronize();
}

double AllReduceBetween::sample_s(std::int64_t launches) {
  const auto begin = system_calls().steady_now();
  launch(launches);
  const std::chrono::duration<double> took = system_calls().steady_now() - begin;
  return took.count() / static_cast<double>(launches);
}

std::optional<std::string> AllReduceBetween::check() const {
  launches_->synchronize();
  const std::int64_t last = std::max<std::int64_t>(0, memory_.count() - kLinkPeriod);
  for (int local = 0; local < launches_->count(); ++local) {
    const Visit visit(launches_->device(local));
    for (std::int64_t window = 0; window < kWindowsChecked; ++window) {
      const std::int64_t first = last * window / (kWindowsChecked - 1);
      if (auto wrong = check_at(local, first)) return wrong;
    }
  }
  return std::nullopt;
}

std::optional<std::string> AllReduceBetween::check_at(int local, std::int64_t first) const {
  const std::vector<float> got = memory_.received(local).to_host(
      first, std::min(memory_.count() - first, kLinkPeriod), launches_->stream(local));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::int64_t index = first + static_cast<std::int64_t>(i);
    const float want = sums_[static_cast<std::size_t>(index % kLinkPeriod)];
    if (got[i] == want) continue;
    return fmt::format("element {} on cuda:{} is {}, not {}", index, launches_->device(local),
                       got[i], want);
  }
  return std::nullopt;
}

}  // namespace derate::cuda
