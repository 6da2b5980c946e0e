// SPDX-License-Identifier: Apache-2.0
// How ranks on several nodes learn where they meet: by NCCL_COMM_ID, or by a folder that all of
// them see, without MPI.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "backend/cuda/nccl_library.h"
#include "measure/rendezvous.h"

namespace derate::cuda {

inline constexpr const char* kNcclIdVariable = "NCCL_COMM_ID";

/// A new place for a communicator to meet. Throws DeviceError.
[[nodiscard]] NcclId new_nccl_id();

struct NcclMeeting {
  NcclId id = {};                                       ///< of a communicator over all ranks
  int devices = 0;                                      ///< that this process sees
  std::optional<Rendezvous> rendezvous = std::nullopt;  ///< where it was by a folder
};

/// Waits for all ranks, where they meet in FOLDER/meeting. Throws DeviceError where this process
/// has no NCCL or no GPU, which the other ranks then say too, and Error where others do not come.
[[nodiscard]] NcclMeeting meet(const std::filesystem::path& folder, const LinkRank& rank,
                               std::chrono::duration<double> wait);

}  // namespace derate::cuda
