// SPDX-License-Identifier: Apache-2.0
// Reads /sys/devices/system/cpu/cpu*/cache of the first usable CPU, without instruction caches.
#include "backend/host/caches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "backend/host/files.h"
#include "backend/host/probe.h"
#include "backend/host/topology.h"

namespace derate::host {

std::vector<DataCache> data_caches(
    const std::vector<int>& cpus, const std::function<std::string(const std::string&)>& read_line) {
  std::vector<DataCache> caches;
  for (int index = 0;; ++index) {
    const std::string folder = fmt::format("cpu{}/cache/index{}/", cpus.front(), index);
    const int level = std::atoi(read_line(folder + "level").c_str());
    if (level <= 0) break;
    const std::uint64_t bytes = parse_cache_size(read_line(folder + "size"));
    if (bytes == 0 || read_line(folder + "type") == "Instruction") continue;
    const std::vector<int> sharing = parse_cpu_list(read_line(folder + "shared_cpu_list"));
    const auto cores = std::count_if(cpus.begin(), cpus.end(), [&](int cpu) {
      return std::find(sharing.begin(), sharing.end(), cpu) != sharing.end();
    });
    caches.push_back({level, bytes, std::max(1, static_cast<int>(cores))});
  }
  std::stable_sort(caches.begin(), caches.end(),
                   [](const DataCache& a, const DataCache& b) { return a.level < b.level; });
  return caches;
}

const std::vector<DataCache>& data_caches() {
  static const std::vector<DataCache> caches = data_caches(
      usable_cores().cpus,
      [](const std::string& file) { return read_line("/sys/devices/system/cpu/" + file); });
  return caches;
}

}  // namespace derate::host
