// SPDX-License-Identifier: Apache-2.0
// NCCL's id is an address of the process that made it, which listens there: 128 bytes that a file
// holds as hexadecimal digits. With NCCL_COMM_ID every rank makes the same id of that address.
#include "backend/cuda/nccl_meeting.h"

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "derate/error.h"

namespace derate::cuda {
namespace {

std::string as_hex(const NcclId& id) {
  std::string text;
  for (const char byte : id.bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

NcclId id_in(std::string_view hex) {
  NcclId id = {};
  bool is_right = hex.size() == 2 * sizeof id.bytes;
  for (std::size_t i = 0; is_right && i < sizeof id.bytes; ++i) {
    unsigned byte = 0;
    const char* const at = hex.data() + 2 * i;
    is_right = std::from_chars(at, at + 2, byte, 16).ptr == at + 2;
    id.bytes[i] = static_cast<char>(byte);
  }
  if (!is_right) throw Error(ExitCode::invalid_input, "what rank 0 told is no id of NCCL's");
  return id;
}

/// Throws where this process cannot take part.
int require_devices() {
  static_cast<void>(nccl());
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    static_cast<void>(cudaGetLastError());
    throw Unsupported("there is no GPU");
  }
  return devices;
}

/// Makes the id once all are there.
NcclId lead(const Rendezvous& rendezvous) {
  try {
    rendezvous.wait_for_all();
  } catch (const Error& error) {
    // Of an earlier start of this name others may still read the word.
    if (error.code() != ExitCode::usage) rendezvous.give_up(error.what());
    throw;
  }
  const NcclId id = new_nccl_id();
  rendezvous.tell(as_hex(id));
  return id;
}

}  // namespace

NcclId new_nccl_id() {
  NcclId id = {};
  check_nccl(nccl().unique_id(&id), "ncclGetUniqueId");
  return id;
}

NcclMeeting meet(const std::filesystem::path& folder, const LinkRank& rank,
                 std::chrono::duration<double> wait) {
  NcclMeeting meeting;
  if (std::getenv(kNcclIdVariable) != nullptr) {
    meeting.devices = require_devices();
    meeting.id = new_nccl_id();
    return meeting;
  }
  const Rendezvous& rendezvous = meeting.rendezvous.emplace(folder / "meeting", rank, wait);
  try {
    meeting.devices = require_devices();
  } catch (const DeviceError& error) {
    rendezvous.arrive(error.what());
    if (rank.rank == 0) {
      rendezvous.give_up(fmt::format("rank 0 on {}: {}", rank.node, error.what()));
    }
    throw;
  }
  rendezvous.arrive();
  meeting.id = rank.rank == 0 ? lead(rendezvous) : id_in(rendezvous.word());
  return meeting;
}

}  // namespace derate::cuda
