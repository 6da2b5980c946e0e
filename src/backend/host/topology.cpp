// SPDX-License-Identifier: Apache-2.0
// The affinity mask of the process, one CPU of each group of SMT siblings, cut to the cgroup's
// quota.
#include "backend/host/topology.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "backend/host/files.h"
#include "backend/host/quota.h"

namespace derate::host {
namespace {

// More than any kernel's CONFIG_NR_CPUS; the call fails on a mask smaller than the kernel's own.
constexpr int kMaxCpus = 8192;
constexpr std::size_t kMaskSets = kMaxCpus / CPU_SETSIZE;
constexpr std::size_t kMaskBytes = kMaskSets * sizeof(cpu_set_t);

/// Reads a number off the front of `text`; false when there is none.
bool take_number(std::string_view& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number >= 0 && number < kMaxCpus;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    int first = 0;
    if (!take_number(part, first)) continue;
    int last = first;
    if (part.starts_with('-')) {
      part.remove_prefix(1);
      if (!take_number(part, last)) continue;
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
  }
  return {cpus.begin(), cpus.end()};
}

std::vector<int> one_cpu_per_core(const std::vector<int>& cpus,
                                  const std::function<std::string(int)>& siblings_of) {
  std::vector<int> firsts;
  std::set<int> taken;
  for (const int cpu : cpus) {
    if (taken.contains(cpu)) continue;
    firsts.push_back(cpu);
    for (const int sibling : parse_cpu_list(siblings_of(cpu))) taken.insert(sibling);
  }
  return firsts;
}

std::vector<int> affinity_cpus() {
  std::vector<cpu_set_t> mask(kMaskSets);
  std::vector<int> cpus;
  if (sched_getaffinity(0, kMaskBytes, mask.data()) != 0) return {0};
  for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
    if (CPU_ISSET_S(static_cast<std::size_t>(cpu), kMaskBytes, mask.data())) cpus.push_back(cpu);
  }
  return cpus;
}

bool set_affinity(const std::vector<int>& cpus) {
  std::vector<cpu_set_t> mask(kMaskSets);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), kMaskBytes, mask.data());
  return sched_setaffinity(0, kMaskBytes, mask.data()) == 0;
}

Cores cap_cores(std::vector<int> cpus, double quota_cores) {
  if (quota_cores >= static_cast<double>(cpus.size()))
    return {std::move(cpus), "affinity mask", ""};
  const auto count = static_cast<std::size_t>(std::max(1.0, std::floor(quota_cores)));
  cpus.resize(std::min(cpus.size(), count));
  std::string note;
  if (static_cast<double>(count) != quota_cores) {
    note = fmt::format("the cgroup's quota is {:g} cores, of which {} {} used", quota_cores, count,
                       count == 1 ? "is" : "are");
  }
  return {std::move(cpus), "cgroup quota", std::move(note)};
}

Cores usable_cores() {
  const auto siblings_of = [](int cpu) {
    return read_line(
        fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
  };
  return cap_cores(one_cpu_per_core(affinity_cpus(), siblings_of),
                   cpu_quota_cores("/").value_or(std::numeric_limits<double>::infinity()));
}

}  // namespace derate::host
