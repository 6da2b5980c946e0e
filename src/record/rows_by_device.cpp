// SPDX-License-Identifier: Apache-2.0
// Splits rows where the context changes.
#include "record/rows_by_device.h"

#include <algorithm>

namespace derate {

std::vector<DeviceRows> by_device(std::span<const Row> rows) {
  std::vector<DeviceRows> devices;
  while (!rows.empty()) {
    const auto end = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.context != rows.front().context;
    });
    devices.push_back(rows.first(static_cast<std::size_t>(end - rows.begin())));
    rows = rows.subspan(devices.back().size());
  }
  return devices;
}

}  // namespace derate
