// SPDX-License-Identifier: Apache-2.0
// The affinity mask of the process, one CPU of each group of SMT siblings, of the fastest kind of
// core, cut to the cgroup's quota.
#include "backend/host/topology.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "backend/host/cgroup.h"
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

std::vector<int> common(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

/// The kernel lists its counters of each kind, where there are several.
std::vector<CoreClass> intel_classes(const std::vector<int>& cpus, const std::string& root) {
  std::vector<CoreClass> classes;
  for (const char* name : {"cpu_core", "cpu_atom", "cpu_lowpower"}) {
    const std::vector<int> all =
        parse_cpu_list(read_line(fmt::format("{}/sys/devices/{}/cpus", root, name)));
    if (std::vector<int> own = common(cpus, all); !own.empty()) {
      classes.push_back({name, std::move(own)});
    }
  }
  return classes;
}

double figure_in(const std::string& file) { return leading_number(read_line(file)).value_or(0); }

/// Two CPUs are of one class where their figures differ by less than a sixth: cores of one kind
/// that are sold with different maximum clocks differ by a twentieth.
std::vector<CoreClass> classes_by(const std::vector<int>& cpus, std::string_view figure,
                                  const std::function<double(int)>& figure_of) {
  constexpr double kOneClass = 5.0 / 6;
  std::vector<std::pair<double, int>> figures;
  for (const int cpu : cpus) figures.emplace_back(figure_of(cpu), cpu);
  std::stable_sort(figures.begin(), figures.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<CoreClass> classes;
  double of_class = 0;
  for (const auto& [own, cpu] : figures) {
    if (classes.empty() || own < kOneClass * of_class) {
      classes.push_back({fmt::format("{} {:g}", figure, own), {}});
      of_class = own;
    }
    classes.back().cpus.push_back(cpu);
  }
  for (CoreClass& each : classes) std::sort(each.cpus.begin(), each.cpus.end());
  return classes;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<bool> listed(kMaxCpus);
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
    if (first <= last) std::fill(listed.begin() + first, listed.begin() + last + 1, true);
  }
  std::vector<int> cpus;
  for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
    if (listed[static_cast<std::size_t>(cpu)]) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> one_cpu_per_core(const std::vector<int>& cpus,
                                  const std::function<std::string(int)>& siblings_of) {
  std::vector<int> firsts;
  std::vector<bool> taken(kMaxCpus);
  for (const int cpu : cpus) {
    if (taken[static_cast<std::size_t>(cpu)]) continue;
    firsts.push_back(cpu);
    for (const int sibling : parse_cpu_list(siblings_of(cpu))) {
      taken[static_cast<std::size_t>(sibling)] = true;
    }
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

std::vector<CoreClass> core_classes(const std::vector<int>& cpus, const std::string& root) {
  std::vector<CoreClass> intel = intel_classes(cpus, root);
  if (intel.size() > 1) return intel;
  const std::string folder = root + "/sys/devices/system/cpu/cpu";
  std::vector<CoreClass> arm = classes_by(cpus, "capacity", [&](int cpu) {
    return figure_in(fmt::format("{}{}/cpu_capacity", folder, cpu));
  });
  if (arm.size() > 1) return arm;
  return classes_by(cpus, "maximum clock in kHz", [&](int cpu) {
    return figure_in(fmt::format("{}{}/cpufreq/cpuinfo_max_freq", folder, cpu));
  });
}

Cores fastest_cores(const std::vector<CoreClass>& classes) {
  const CoreClass& fastest = classes.front();
  Cores cores{fastest.cpus, static_cast<double>(fastest.cpus.size()), "affinity mask", ""};
  if (classes.size() == 1) return cores;
  cores.note =
      fmt::format("cores of {} kinds: only {} of {} {} used", classes.size(), fastest.cpus.size(),
                  fastest.name, fastest.cpus.size() == 1 ? "is" : "are");
  for (std::size_t i = 1; i < classes.size(); ++i) {
    cores.note += fmt::format("{} {} of {}", i == 1 ? ", not" : " or", classes[i].cpus.size(),
                              classes[i].name);
  }
  cores.note += " (taskset chooses others)";
  return cores;
}

Cores cap_cores(Cores cores, double quota_cores) {
  if (quota_cores >= static_cast<double>(cores.cpus.size())) return cores;
  const double whole = std::floor(quota_cores);
  cores.cpus.resize(static_cast<std::size_t>(std::max(1.0, whole)));
  cores.units = whole < 1 ? quota_cores : whole;
  cores.source = "cgroup quota";
  std::string note;
  if (whole < 1) {
    note = fmt::format("the cgroup's quota is {:g} of one core, and so is the peak", quota_cores);
  } else if (whole != quota_cores) {
    note = fmt::format("the cgroup's quota is {:g} cores, of which {:g} {} used", quota_cores,
                       whole, whole == 1 ? "is" : "are");
  }
  if (!note.empty()) cores.note += (cores.note.empty() ? "" : "; ") + note;
  return cores;
}

Cores usable_cores() {
  const auto siblings_of = [](int cpu) {
    return read_line(
        fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
  };
  return cap_cores(fastest_cores(core_classes(one_cpu_per_core(affinity_cpus(), siblings_of), "/")),
                   cpu_quota_cores("/").value_or(std::numeric_limits<double>::infinity()));
}

}  // namespace derate::host
