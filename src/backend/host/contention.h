// SPDX-License-Identifier: Apache-2.0
// How much of the CPUs other programs took while we measured: a machine that is shared evenly gives
// figures that repeat well and are wrong all the same.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "derate/host/thread_pool.h"

namespace derate::host {

/// CPU time up to some moment.
struct CpuTime {
  double busy_s = 0;  ///< of the CPUs in question, whoever used them, steal included
  double own_s = 0;   ///< of this process
  double wall_s = 0;
};

/// Busy time of `cpus` in the text of /proc/stat.
[[nodiscard]] double busy_seconds(std::string_view proc_stat, const std::vector<int>& cpus,
                                  double ticks_per_s);

[[nodiscard]] CpuTime read_cpu_time(const std::vector<int>& cpus);

/// How long a thread was ready to run so far while something else had its CPU, out of the text of
/// its schedstat file; NaN where the kernel does not count that.
[[nodiscard]] double run_delay_s(std::string_view schedstat);

/// That of each thread of a pool. Read by the caller alone: a reading for which the threads had to
/// wake would count their waking.
class RunDelays {
 public:
  explicit RunDelays(ThreadPool& pool);
  [[nodiscard]] std::vector<double> read() const;

 private:
  std::deque<Descriptor> files_;  ///< /proc/self/task/<id>/schedstat
};

/// Share of the CPUs' time between the two moments that others had, to within a few ticks of 10 ms:
/// 1 is all of it; nothing may come out a little below 0.
[[nodiscard]] double others_share(const CpuTime& before, const CpuTime& after, std::size_t cpus);

}  // namespace derate::host
