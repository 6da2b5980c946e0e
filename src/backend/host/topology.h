// SPDX-License-Identifier: Apache-2.0
// Which CPUs this process may use, and which of them are cores of their own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace derate::host {

/// "0-3,8" as the kernel writes it, in ascending order; unreadable parts are left out.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

/// The first CPU of `cpus` of each physical core. `siblings_of` returns the kernel's list of the
/// CPUs that share a core with the given one; a CPU without such a list is its own core.
[[nodiscard]] std::vector<int> one_cpu_per_core(const std::vector<int>& cpus,
                                                const std::function<std::string(int)>& siblings_of);

/// The CPUs in the calling thread's affinity mask.
[[nodiscard]] std::vector<int> affinity_cpus();

/// Restricts the calling thread to these CPUs; false when the kernel refuses.
bool set_affinity(const std::vector<int>& cpus);

/// The logical CPUs to run on, one per physical core, and who decided on how many.
struct Cores {
  std::vector<int> cpus;
  std::string source;  ///< "affinity mask" or "cgroup quota"
  std::string note;    ///< set when a quota leaves part of a core unused
};
[[nodiscard]] Cores usable_cores();

/// Caps `cpus` by a quota in cores, rounded down but at least one.
[[nodiscard]] Cores cap_cores(std::vector<int> cpus, double quota_cores);

}  // namespace derate::host
