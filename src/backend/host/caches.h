// SPDX-License-Identifier: Apache-2.0
// The data caches of the CPU, as the kernel lists them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace derate::host {

struct DataCache {
  int level = 0;
  std::uint64_t bytes = 0;
  int cores = 1;  ///< of those that this process may use, how many share it
};

/// Those of the first of `cpus`, level after level; one whose size is not stated is left out.
/// `read_line` reads a file below /sys/devices/system/cpu/.
[[nodiscard]] std::vector<DataCache> data_caches(
    const std::vector<int>& cpus, const std::function<std::string(const std::string&)>& read_line);

/// The same for the cores of this process; read once.
[[nodiscard]] const std::vector<DataCache>& data_caches();

}  // namespace derate::host
