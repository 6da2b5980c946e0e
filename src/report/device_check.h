// SPDX-License-Identifier: Apache-2.0
// Each device's classes against what is usual and what it delivered earlier, with a verdict: what
// `derate check` prints, in four formats.
#pragma once

#include <ostream>
#include <span>
#include <vector>

#include "derate/format.h"
#include "report/device_verdict.h"
#include "report/earlier_runs.h"

namespace derate {

struct DeviceCheck {
  std::vector<DeviceClass> classes;  ///< of rows that live elsewhere
  DeviceVerdict verdict;
};

/// One for each device of the rows, which must outlive them.
[[nodiscard]] std::vector<DeviceCheck> check_devices(std::span<const Row> rows,
                                                     const References& references,
                                                     const EarlierRuns& earlier);

/// Of several devices the state that counts: a slow one, then a disturbed one, then one that is not
/// known; not known of none.
[[nodiscard]] DeviceState worst_of(std::span<const DeviceCheck> checks);

void write_checks(std::ostream& out, std::span<const DeviceCheck> checks, Format format);

/// "healthy: NVIDIA H200: ..." for each device, a line each.
[[nodiscard]] std::string verdict_lines(std::span<const DeviceCheck> checks,
                                        Format format = Format::table);

}  // namespace derate
