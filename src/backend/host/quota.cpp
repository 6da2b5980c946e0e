// SPDX-License-Identifier: Apache-2.0
// Reads the CPU quota of cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us), the tightest on the path
// from the process's own group up to the mount.
#include "backend/host/quota.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "backend/host/files.h"

namespace derate::host {
namespace {

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

std::optional<double> tighter(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// Asks `quota_of` for the group's folder and for every one above it. In a container the path may
/// be the host's and not exist here; its parents, up to the mount itself, still do.
std::optional<double> tightest(
    const std::string& mount, std::string path,
    const std::function<std::optional<double>(const std::string&)>& quota_of) {
  std::optional<double> quota;
  for (;;) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    quota = tighter(quota, quota_of(mount + path));
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return quota;
    path.resize(slash);
  }
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return ratio(parse_number(text.substr(0, space)), parse_number(text.substr(space + 1)));
}

std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period) {
  return ratio(parse_number(quota), parse_number(period));
}

CgroupPaths parse_own_cgroup(std::string_view text) {
  CgroupPaths paths;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const std::string path(line.substr(second + 1));
    if (controllers == ",,") paths.unified = path;
    if (controllers.find(",cpu,") != std::string::npos) paths.cpu = path;
  }
  return paths;
}

std::optional<double> cpu_quota_cores(const std::string& root) {
  const CgroupPaths paths = parse_own_cgroup(read_file(root + "/proc/self/cgroup"));
  const auto v2 = [](const std::string& folder) {
    return parse_cpu_max(read_line(folder + "/cpu.max"));
  };
  const auto v1 = [](const std::string& folder) {
    return parse_cfs_quota(read_line(folder + "/cpu.cfs_quota_us"),
                           read_line(folder + "/cpu.cfs_period_us"));
  };
  std::optional<double> quota;
  if (paths.unified) {
    quota = tighter(tightest(root + "/sys/fs/cgroup", *paths.unified, v2),
                    tightest(root + "/sys/fs/cgroup/unified", *paths.unified, v2));
  }
  if (paths.cpu) {
    quota = tighter(quota, tightest(root + "/sys/fs/cgroup/cpu", *paths.cpu, v1));
    quota = tighter(quota, tightest(root + "/sys/fs/cgroup/cpu,cpuacct", *paths.cpu, v1));
  }
  return quota;
}

}  // namespace derate::host
