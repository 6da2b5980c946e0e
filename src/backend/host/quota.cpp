// SPDX-License-Identifier: Apache-2.0
// Reads the CPU quota of cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us), the tightest on the path
// from the process's own group up to the mount.
#include "backend/host/quota.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "backend/host/cgroup.h"
#include "backend/host/files.h"

namespace derate::host {
namespace {

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  const double cores = *quota / *period;
  return cores > 0 && std::isfinite(cores) ? std::optional(cores) : std::nullopt;
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return ratio(leading_number(text.substr(0, space)), leading_number(text.substr(space + 1)));
}

std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period) {
  return ratio(leading_number(quota), leading_number(period));
}

std::optional<double> cpu_quota_cores(const std::string& root) {
  const CgroupPaths paths = parse_own_cgroup(read_file(root + "/proc/self/cgroup"));
  std::optional<double> tightest;
  const auto take = [&](std::optional<double> quota) {
    if (quota) tightest = std::min(*quota, tightest.value_or(*quota));
  };
  const auto v2 = [&](const std::string& folder) {
    take(parse_cpu_max(read_line(folder + "/cpu.max")));
  };
  const auto v1 = [&](const std::string& folder) {
    take(parse_cfs_quota(read_line(folder + "/cpu.cfs_quota_us"),
                         read_line(folder + "/cpu.cfs_period_us")));
  };
  const std::string mount = root + "/sys/fs/cgroup";
  if (paths.unified) {
    for_each_group(mount, *paths.unified, v2);
    for_each_group(mount + "/unified", *paths.unified, v2);
  }
  if (paths.cpu) {
    for_each_group(mount + "/cpu", *paths.cpu, v1);
    for_each_group(mount + "/cpu,cpuacct", *paths.cpu, v1);
  }
  return tightest;
}

}  // namespace derate::host
