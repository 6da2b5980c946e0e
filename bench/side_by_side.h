// SPDX-License-Identifier: Apache-2.0
// Which benchmarks are to be measured side by side: variants by own code and by a library that
// compute the same.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "derate/device.h"
#include "derate/workload.h"

namespace derate::bench {

/// One benchmark, as far as it decides with which others it is compared.
struct Comparable {
  const Device* device;
  const Workload* workload;
  const Problem* problem;
  DataPattern data;
};

/// For each benchmark the number of its group, counted from 0: same device, workload, formats,
/// problem and data. Empty where no library or nothing but libraries would be in it.
[[nodiscard]] std::vector<std::optional<int>> side_by_side_groups(
    std::span<const Comparable> benchmarks);

}  // namespace derate::bench
