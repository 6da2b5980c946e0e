// SPDX-License-Identifier: Apache-2.0
// Stand-ins for the probe and for the stamp kernel.
#include "fixture.h"

#include <algorithm>

#include "backend/cuda/probe.h"
#include "backend/cuda/stamp_kernel.h"

namespace derate::cuda {

bool one_process_only = false;

GpuAddress gpu_address(int) { return {"GPU-fake", ""}; }
bool admits_one_process(int) { return one_process_only; }
std::uint64_t longest_head_start_ns = 0;
int sms_reached = 2;

/// Two blocks on each SM that is reached, at 1 GHz; every call is a millisecond later.
void stamp_sms(Stamp* stamps, int sms, std::uint64_t head_start_ns, cudaStream_t stream) {
  static std::uint64_t now_ns = 0;
  now_ns += 1'000'000;
  for (int i = 0; i < stamp_count(sms) && sms_reached > 0; ++i) {
    stamps[i] = {now_ns, now_ns, static_cast<std::uint32_t>(i % sms_reached), 1};
  }
  longest_head_start_ns = std::max(longest_head_start_ns, head_start_ns);
  fake::runtime.streams_used.insert(stream);
  fake::runtime.calls.emplace_back("stamp");
}

}  // namespace derate::cuda
