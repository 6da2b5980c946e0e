// SPDX-License-Identifier: Apache-2.0
// What connects the GPUs of a collective: whether each reaches every other by itself, and what the
// NVLinks of each carry, which bounds the bus bandwidth.
#pragma once

#include <cuda_runtime.h>

#include <optional>
#include <string>

#include "backend/cuda/nvlink.h"
#include "backend/cuda/nvml.h"
#include "backend/cuda/probe.h"
#include "collective/work.h"
#include "hardware/peak.h"

namespace derate::collective {

struct PeerPaths {
  int pairs = 0;
  int indirect = 0;
  std::string first_indirect;  ///< "cuda:0 and cuda:1"
};

[[nodiscard]] inline PeerPaths peer_paths(int devices) {
  PeerPaths paths;
  for (int from = 0; from < devices; ++from) {
    for (int to = from + 1; to < devices; ++to) {
      int can = 0;
      ++paths.pairs;
      if (cudaDeviceCanAccessPeer(&can, from, to) == cudaSuccess && can != 0) continue;
      static_cast<void>(cudaGetLastError());
      if (paths.indirect++ > 0) continue;
      paths.first_indirect = "cuda:" + std::to_string(from) + " and cuda:" + std::to_string(to);
    }
  }
  return paths;
}

/// A switch of NVLink 4 or later adds by itself (NVLink SHARP): an all-reduce then sends less than
/// the factor of its bus bandwidth says, which may exceed the links'.
[[nodiscard]] inline bool switch_may_add(Operation operation, const std::string& architecture) {
  const bool is_older = architecture == "sm_60" || architecture == "sm_70" ||
                        architecture == "sm_75" || architecture == "sm_80" ||
                        architecture == "sm_86";
  return operation == Operation::all_reduce && !is_older;
}

/// The least that the NVLinks of one of the devices carry one way. The devices are of one kind:
/// those of a box with links between them.
[[nodiscard]] inline std::optional<Peak> link_peak(Operation operation, const Problem& problem,
                                                   const Device& device) {
  const auto devices = static_cast<int>(problem.at("devices"));
  if (switch_may_add(operation, device.architecture) || peer_paths(devices).indirect > 0) {
    return std::nullopt;
  }
  Fact least;
  for (int index = 0; index < devices; ++index) {
    const cuda::Nvml nvml(cuda::gpu_address(index));
    const Fact links = cuda::nvlink_bandwidth(device.architecture, nvml.nvlinks());
    if (!links.value) return std::nullopt;
    if (!least.value || *links.value < *least.value) least = links;
  }
  if (!least.value) return std::nullopt;
  return Peak{*least.value, "", least.source, {1.0, "not a clock"}, {}};
}

}  // namespace derate::collective
