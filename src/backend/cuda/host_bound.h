// SPDX-License-Identifier: Apache-2.0
// Whether a sample timed the device, or the host that could not queue launches fast enough. No CUDA
// header here, so that it is tested on any machine.
#pragma once

#include <algorithm>

namespace derate::cuda {

/// How the launches of one sample were queued and how long they took.
struct Queueing {
  double enqueue_s = 0;     ///< from the begin of the head start to the host's last launch
  double head_start_s = 0;  ///< how long the device waited before it began with the first launch
  double elapsed_s = 0;     ///< of the launches on the device
  int launches = 0;
};

/// True when the device had next to nothing left to do once the host had queued the last launch:
/// its pace was then the host's. A host that ran ahead until the queue was full, and then waited
/// for the device, leaves about a thousand launches behind, and is no such case.
[[nodiscard]] constexpr bool host_bound(const Queueing& queueing) {
  constexpr double kSmallPart = 0.1;
  // With the latencies of both ends, far fewer launches than any queue holds.
  constexpr double kFewLaunches = 64;
  if (queueing.enqueue_s <= queueing.head_start_s || queueing.launches <= 0) return false;
  const double left_s = queueing.head_start_s + queueing.elapsed_s - queueing.enqueue_s;
  return left_s <= queueing.elapsed_s * std::min(kSmallPart, kFewLaunches / queueing.launches);
}

}  // namespace derate::cuda
