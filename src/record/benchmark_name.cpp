// SPDX-License-Identifier: Apache-2.0
// The device's selector, workload, variant and precision; then the conditions.
#include "record/benchmark_name.h"

#include <fmt/format.h>

namespace derate {

std::string benchmark_path(const Record& record) {
  std::string selector = record.backend;
  if (record.device_index > 0) selector += fmt::format(":{}", record.device_index);
  return fmt::format("{}/{}/{}/{}", selector, record.workload, record.variant, record.precision);
}

std::string benchmark_name(const Record& record) {
  std::string text = benchmark_path(record);
  if (record.cache == "hot") text += " (hot)";
  if (record.data == "zeros") text += " (zeros)";
  if (record.mode == "sustained") text += " (sustained)";
  if (record.devices_at_once > 1) text += fmt::format(" ({} at once)", record.devices_at_once);
  if (!record.side_by_side.empty()) text += " (side by side)";
  return text;
}

}  // namespace derate
