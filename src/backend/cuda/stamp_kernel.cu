// SPDX-License-Identifier: Apache-2.0
// Reads %globaltimer (ns) and %clock64 on every SM, right after a step of the timer, whose
// resolution is 32 ns to 1 us.
#include "backend/cuda/stamp_kernel.h"
#include "derate/cuda/launch.h"

namespace derate::cuda {
namespace {

__device__ std::uint64_t read_time_ns() {
  std::uint64_t time_ns = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time_ns)::"memory");
  return time_ns;
}

__device__ std::uint64_t read_clocks() {
  std::uint64_t clocks = 0;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(clocks)::"memory");
  return clocks;
}

__device__ std::uint32_t read_sm() {
  std::uint32_t sm = 0;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
  return sm;
}

// %globaltimer advances in steps of 32 ns to 1 us. Reading the clock counter right after a step
// leaves the length of the polling loop as error instead of the length of the step. A timer that
// stands still for tens of microseconds is too coarse to measure a clock with.
constexpr std::uint64_t kLongestStep_clocks = 1 << 16;

__global__ void stamp_kernel(Stamp* __restrict__ stamps, std::uint64_t delay_ns) {
  const std::uint64_t start_ns = read_time_ns();
  const std::uint64_t start_clocks = read_clocks();
  std::uint64_t now_ns = start_ns;
  // The clocks bound the wait as well: at no clock does a GPU make more than 4 per nanosecond.
  while (now_ns - start_ns < delay_ns && read_clocks() - start_clocks < 4 * delay_ns) {
    now_ns = read_time_ns();
  }
  const std::uint64_t before_step_ns = now_ns;
  const std::uint64_t polling_since = read_clocks();
  std::uint64_t clocks = polling_since;
  while (now_ns == before_step_ns && clocks - polling_since < kLongestStep_clocks) {
    now_ns = read_time_ns();
    clocks = read_clocks();
  }
  const bool stepped = now_ns != before_step_ns;
  stamps[blockIdx.x] = {now_ns, clocks, read_sm(), stepped ? 1u : 0u};
}

}  // namespace

void stamp_sms(Stamp* stamps, int sms, std::uint64_t delay_ns, cudaStream_t stream) {
  launch(stamp_kernel, dim3(static_cast<unsigned>(stamp_count(sms))), dim3(1), stream, stamps,
         delay_ns);
}

}  // namespace derate::cuda
