// SPDX-License-Identifier: Apache-2.0
// Opens NCCL once for the process and never closes it: its threads and the driver may still hold it
// at exit.
#include "backend/cuda/nccl_library.h"

#include <string>
#include <vector>

#include "derate/cuda/check.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

const NcclApi& opened_nccl() {
  static const NcclApi* const loaded = new NcclApi;
  return *loaded;
}

std::string nccl_shortcoming() {
  const OpenedLibrary& opened = opened_nccl().opened;
  return opened.library ? opened.file + " lacks functions of NCCL 2.7" : opened.reason;
}

/// 2.8.4 is 2804, and from 2.9 on 2.9.6 is 20906.
std::string nccl_version_text(int code) {
  const int thousand = code < 10'000 ? 10 : 100;
  return std::to_string(code / (100 * thousand)) + "." + std::to_string(code / 100 % thousand) +
         "." + std::to_string(code % 100);
}

}  // namespace

bool NcclApi::complete() const {
  return version && error_text && init_all && unique_id && init_rank && destroy && abort &&
         asynchronous_error && group_start && group_end && all_reduce && reduce_scatter &&
         broadcast && all_gather && send && receive;
}

const NcclApi& nccl() {
  const NcclApi& api = opened_nccl();
  if (!api.opened.library) throw Unsupported(nccl_shortcoming());
  if (!api.complete()) throw DeviceError(nccl_shortcoming(), false);
  return api;
}

std::string nccl_version() {
  int code = 0;
  const bool is_known = opened_nccl().complete() && opened_nccl().version(&code) == kNcclSuccess;
  return is_known ? "NCCL " + nccl_version_text(code) : "NCCL";
}

std::string nccl_origin() {
  if (!opened_nccl().complete()) return nccl_shortcoming();
  std::string sentence = nccl_version() + " is " + opened_nccl().opened.file;
  const std::vector<std::string> others = other_nccls(opened_nccl().opened);
  for (const std::string& other : others) {
    sentence += (&other == &others.front() ? "; not taken: " : ", ") + other;
  }
  if (!others.empty()) sentence += std::string("; ") + kNcclFolderVariable + " can name its folder";
  return sentence;
}

std::string nccl_words(NcclResult status) {
  const char* const text = opened_nccl().error_text(status);
  return std::string(text == nullptr ? "an unknown status" : text) + " (" + std::to_string(status) +
         ")";
}

void check_nccl(NcclResult status, const char* call, const std::source_location& place) {
  if (status == kNcclSuccess) return;
  // A fault of the device itself says more than NCCL makes of it, and may be final.
  check(cudaGetLastError(), call, place);
  throw DeviceError(
      std::string(call) + " failed with " + nccl_words(status) + " at " + to_string(place), false);
}

}  // namespace derate::cuda
