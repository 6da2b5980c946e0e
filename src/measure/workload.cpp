// SPDX-License-Identifier: Apache-2.0
// The registry, filled by static Registration objects, and the number of operand sets that exceeds
// the last-level cache twice over.
#include "derate/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <tuple>

#include "base/insufficient_memory.h"

namespace derate {
namespace {

// A function's static, so that registrations from other files may come before or after it; a deque,
// so that growing never moves a workload.
std::deque<Workload>& registry() {
  static std::deque<Workload> workloads;
  return workloads;
}

/// Throws InsufficientMemory where `count` sets of operands have no room.
void check_memory(double count, double bytes_per_set, const Device& device) {
  const auto memory_bytes = static_cast<double>(device.memory_bytes);
  if (memory_bytes <= 0 || count * bytes_per_set <= memory_bytes) return;
  const bool one_fits = count > 1 && bytes_per_set <= memory_bytes;
  throw InsufficientMemory(
      fmt::format("its operands{} take {:.0f} MB, and there are {:.0f} MB of memory{}",
                  count > 1 ? ", beyond the last-level cache," : "", count * bytes_per_set / 1e6,
                  memory_bytes / 1e6, one_fits ? "; hot ones (--derate_cache=hot) take less" : ""));
}

}  // namespace

int Operands::sets(double bytes_per_set, const Device& device) const {
  double count = 1;
  if (cache != CachePolicy::hot && bytes_per_set > 0) {
    const double wanted = 2 * static_cast<double>(device.last_level_cache_bytes);
    count = std::clamp(std::ceil(wanted / bytes_per_set), 1.0, 1024.0);
  }
  check_memory(count, bytes_per_set, device);
  return static_cast<int>(count);
}

std::string Workload::benchmark_name(std::string_view selector, const Problem& problem,
                                     DataPattern pattern) const {
  return fmt::format("{}/{}/{}/{}/{}{}", selector, name, variant, to_string(precision),
                     problem.str(), pattern == DataPattern::zeros ? "/zeros" : "");
}

std::vector<const Workload*> registered_workloads() {
  std::vector<const Workload*> workloads;
  for (const Workload& workload : registry()) workloads.push_back(&workload);
  std::sort(workloads.begin(), workloads.end(), [](const Workload* a, const Workload* b) {
    return std::tie(a->backend, a->name, a->variant, a->precision) <
           std::tie(b->backend, b->name, b->variant, b->precision);
  });
  return workloads;
}

Registration::Registration(Workload workload) { registry().push_back(std::move(workload)); }

}  // namespace derate
