// SPDX-License-Identifier: Apache-2.0
// Memory of a collective on every device: what is sent and what is received, apart or, in place, in
// one array; filling it, and the check of what arrived.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/visit.h"
#include "collective/work.h"
#include "derate/cuda/buffer.h"
#include "derate/cuda/check.h"
#include "transfer/windows.h"

namespace derate::collective {

enum class Place { apart, in_place };

/// Writes sent(pattern, rank, i) for 0 <= i < count: the values of one period from the host, and
/// copies of them on the device.
inline void fill(float* to, std::int64_t count, DataPattern pattern, int rank,
                 cudaStream_t stream) {
  std::vector<float> period(static_cast<std::size_t>(std::min(count, kPeriod)));
  for (std::size_t i = 0; i < period.size(); ++i) {
    period[i] = sent(pattern, rank, static_cast<std::int64_t>(i));
  }
  cuda::check(cudaMemcpyAsync(to, period.data(), period.size() * sizeof(float),
                              cudaMemcpyHostToDevice, stream),
              "cudaMemcpyAsync");
  cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  for (auto done = static_cast<std::int64_t>(period.size()); done < count; done *= 2) {
    const auto bytes = static_cast<std::size_t>(std::min(done, count - done)) * sizeof(float);
    cuda::check(cudaMemcpyAsync(to + done, to, bytes, cudaMemcpyDeviceToDevice, stream),
                "cudaMemcpyAsync");
  }
}

/// Of one rank. To be made and used on its device.
class RankMemory {
 public:
  RankMemory(Operation operation, Place place, const Problem& problem, int rank)
      : operation_(operation),
        place_(place),
        problem_(problem),
        rank_(rank),
        whole_(place == Place::in_place ? elements_of(operation, problem)
                                        : elements_received(operation, problem)),
        apart_(place == Place::in_place ? 0 : elements_sent(operation, problem)) {}

  // NCCL defines "in place" so: a rank's part lies where it would in the whole array.
  [[nodiscard]] const float* send() const {
    if (place_ == Place::apart) return apart_.data();
    return whole_.data() + (operation_ == Operation::all_gather ? part() : 0);
  }
  [[nodiscard]] float* receive() const {
    const bool is_part = place_ == Place::in_place && operation_ == Operation::reduce_scatter;
    return whole_.data() + (is_part ? part() : 0);
  }

  /// Everything as before the first launch, with NaN where the result is to come.
  void reset(DataPattern pattern, cudaStream_t stream) {
    whole_.poison(stream);
    const bool sends = operation_ != Operation::broadcast || rank_ == 0;
    const std::int64_t count = elements_sent(operation_, problem_);
    // In place the source is a part of the memory that has just been poisoned.
    if (sends) fill(const_cast<float*>(send()), count, pattern, rank_, stream);
  }

  /// Only what is received, where that is apart.
  void poison(DataPattern pattern, cudaStream_t stream) {
    if (place_ == Place::in_place) return reset(pattern, stream);
    whole_.poison(stream);
  }

  [[nodiscard]] std::optional<std::string> check(DataPattern pattern) const {
    const std::int64_t elements = elements_received(operation_, problem_);
    return transfer::compare_windows(elements, [&](std::int64_t first, std::int64_t count) {
      std::vector<float> got(static_cast<std::size_t>(count));
      cuda::check(cudaMemcpy(got.data(), receive() + first, got.size() * sizeof(float),
                             cudaMemcpyDeviceToHost),
                  "cudaMemcpy");
      return compare(pattern, first, got);
    });
  }

 private:
  [[nodiscard]] std::int64_t part() const { return rank_ * count_of(operation_, problem_); }

  [[nodiscard]] std::optional<std::string> compare(DataPattern pattern, std::int64_t first,
                                                   const std::vector<float>& got) const {
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::int64_t index = first + static_cast<std::int64_t>(i);
      const float want = received(operation_, problem_, pattern, rank_, index);
      if (got[i] == want) continue;
      return "element " + std::to_string(index) + " on cuda:" + std::to_string(rank_) + " is " +
             std::to_string(got[i]) + ", not " + std::to_string(want);
    }
    return std::nullopt;
  }

  Operation operation_;
  Place place_;
  Problem problem_;
  int rank_;
  cuda::DeviceBuffer<float> whole_;
  cuda::DeviceBuffer<float> apart_;
};

}  // namespace derate::collective
