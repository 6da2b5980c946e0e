// SPDX-License-Identifier: Apache-2.0
// Throws a DeviceError for a failed CUDA call, and detects by a second synchronisation whether the
// error is sticky, so that the context is lost. Memory that is not there is no failure.
#include "derate/cuda/check.h"

#include <string_view>

#include "base/insufficient_memory.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

// A faulting kernel leaves an error behind that no call clears: the context is gone, and every
// later call returns it again. Any other error is forgotten once it has been read.
bool is_sticky() {
  static_cast<void>(cudaGetLastError());
  if (cudaDeviceSynchronize() == cudaSuccess) return false;
  static_cast<void>(cudaGetLastError());
  return cudaDeviceSynchronize() != cudaSuccess;
}

}  // namespace

std::string to_string(const std::source_location& place) {
  const std::string_view path = place.file_name();
  const std::size_t slash = path.find_last_of('/');
  return std::string(path.substr(slash == std::string_view::npos ? 0 : slash + 1)) + ":" +
         std::to_string(place.line());
}

void check(cudaError_t status, const char* call, const std::source_location& place) {
  if (status == cudaSuccess) return;
  const std::string sentence = std::string(call) + " failed with " + cudaGetErrorName(status) +
                               " (" + cudaGetErrorString(status) + ") at " + to_string(place);
  const bool lost = is_sticky();
  if (status == cudaErrorMemoryAllocation && !lost) throw InsufficientMemory(sentence);
  const char* end = lost ? "; the device accepts no further work from this process" : "";
  throw DeviceError(sentence + end, lost);
}

}  // namespace derate::cuda
