// SPDX-License-Identifier: Apache-2.0
// What ranks on several nodes tell each other between measurements: one communicator over all of
// them, through which each hands a note to every other. Whoever gets the notes knows that all came.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/cuda/nccl_communicators.h"
#include "backend/cuda/stream.h"
#include "derate/cuda/buffer.h"

namespace derate::cuda {

/// The same for every step, so that all agree on its size. All zeros is a note that says nothing.
struct LinkNote {
  char version[32];
  char node[256];
  std::int64_t local;
  std::int64_t devices;
  std::int64_t bytes;
  std::int64_t samples;
  std::int64_t launches;
  NcclId id;             ///< where the group meets that this rank leads next
  std::int64_t outcome;  ///< of the last step: see LinkOutcome
  char reason[512];
  std::uint8_t done[512];  ///< of rank 0: a bit for each step that is measured already
};

/// Cut where there is no room for all of it.
template <std::size_t kSize>
void put_text(std::string_view text, char (&into)[kSize]) {
  const std::size_t count = text.size() < kSize ? text.size() : kSize - 1;
  text.copy(into, count);
  into[count] = '\0';
}

class LinkExchange {
 public:
  /// Rank `rank` of `ranks`, on the device `device`. Returns when all have come.
  LinkExchange(const NcclId& id, int rank, int ranks, int device);

  /// The notes of all ranks, in their order. Throws DeviceError where one does not come in time,
  /// which says in which step (`what`), or where NCCL reports an error.
  [[nodiscard]] std::vector<LinkNote> all(const LinkNote& own,
                                          std::chrono::duration<double> timeout,
                                          const std::string& what);

 private:
  void wait(std::chrono::duration<double> timeout, const std::string& what);

  NcclCommunicators communicators_;
  int device_;
  Stream stream_;
  Event ended_;
  DeviceBuffer<char> send_;
  DeviceBuffer<char> receive_;
};

}  // namespace derate::cuda
