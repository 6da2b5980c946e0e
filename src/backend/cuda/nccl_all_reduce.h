// SPDX-License-Identifier: Apache-2.0
// One all-reduce over the devices of several processes, of which this one has some: its memory, its
// check, its times.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/nccl_communicators.h"
#include "backend/cuda/stream.h"
#include "derate/cuda/buffer.h"

namespace derate::cuda {

/// Arrays of this process' devices, which all its groups use one after the other.
class LinkMemory {
 public:
  /// Throws DeviceError where the memory does not suffice.
  LinkMemory(std::vector<int> devices, std::int64_t bytes);

  [[nodiscard]] const std::vector<int>& devices() const { return devices_; }
  [[nodiscard]] std::int64_t count() const { return sent_.front().count(); }
  [[nodiscard]] DeviceBuffer<float>& sent(int local) {
    return sent_[static_cast<std::size_t>(local)];
  }
  [[nodiscard]] DeviceBuffer<float>& received(int local) {
    return received_[static_cast<std::size_t>(local)];
  }

 private:
  std::vector<int> devices_;
  std::vector<DeviceBuffer<float>> sent_;
  std::vector<DeviceBuffer<float>> received_;
};

/// As kernels/collective has it within a box, out of place in f32. Values are whole numbers whose
/// sum is exact in any order over 131,072 devices.
class AllReduceBetween {
 public:
  /// Of `ranks` devices that meet at `id`; the first of those of `memory` becomes the current one.
  AllReduceBetween(const NcclId& id, int ranks, int first_rank, LinkMemory& memory);

  /// So many of them, one after the other, and waits for the end of all.
  void launch(std::int64_t times);
  /// What a launch took on this process' clock, on average of so many.
  [[nodiscard]] double sample_s(std::int64_t launches);
  /// Spoils every result, so that the next check tells whether something ran since.
  void poison();
  /// Compares both ends of every result and some of its middle; what is wrong, or nothing.
  [[nodiscard]] std::optional<std::string> check() const;

 private:
  [[nodiscard]] std::optional<std::string> check_at(int local, std::int64_t first) const;

  LinkMemory& memory_;
  std::vector<float> sums_;  ///< of one period of values
  std::shared_ptr<NcclCommunicators> communicators_;
  Stream first_stream_;
  std::unique_ptr<NcclLaunches> launches_;
};

}  // namespace derate::cuda
