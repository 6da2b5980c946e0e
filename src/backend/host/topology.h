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

/// CPUs of one kind, where a chip has cores of several.
struct CoreClass {
  std::string name;  ///< "cpu_core" and "cpu_atom", as the kernel calls Intel's; else the figure
  std::vector<int> cpus;
};

/// `cpus` by the kind of core, the fastest first: by the kernel's lists of Intel's kinds, by its
/// capacities of Arm's, or by maximum clocks that differ by more than those of one kind do (Zen 5
/// and Zen 5c). One class where there is nothing to tell them apart. `root` holds sys/.
[[nodiscard]] std::vector<CoreClass> core_classes(const std::vector<int>& cpus,
                                                  const std::string& root);

/// The logical CPUs to run on, one per physical core, and who decided on how many.
struct Cores {
  std::vector<int> cpus;
  double units = 0;    ///< as many as CPUs; less than 1 where a quota leaves part of a core
  std::string source;  ///< "affinity mask" or "cgroup quota"
  std::string note;    ///< set when cores are left out, or part of one
};
[[nodiscard]] Cores usable_cores();

/// Those of the fastest class, and a note on the others: a peak is that of equal cores.
[[nodiscard]] Cores fastest_cores(const std::vector<CoreClass>& classes);

/// Caps `cores` by a quota in cores, rounded down; a quota below one leaves that share of a core.
[[nodiscard]] Cores cap_cores(Cores cores, double quota_cores);

}  // namespace derate::host
