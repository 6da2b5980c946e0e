// SPDX-License-Identifier: Apache-2.0
// The classes of work that say how a device does, each with the row that stands for it: arithmetic
// in each format, memory, latency, link and launch.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "report/usual.h"

namespace derate {

/// A clock above the specified one by more than this makes 2·N·C at the specified clock no ceiling.
inline constexpr double kTurbo = 1.05;

struct DeviceClass {
  std::string name;             ///< "bf16", "DRAM", "link", "launch"
  std::string what;             ///< "gemm cublas_lt", "read", "from host"
  const Row* row = nullptr;     ///< of the device's rows
  std::optional<Usual> usual;   ///< of η, elsewhere
  std::optional<Usual> before;  ///< of the rate, on this device earlier
};

/// At most `most` classes of a device, in the order in which they are shown; where there are more,
/// those that matter least are left out. Each stands for the best row that may be quoted.
[[nodiscard]] std::vector<DeviceClass> device_classes(std::span<const Row> device,
                                                      const References& references,
                                                      std::size_t most = 10);

/// Whether η is shown at the measured clock: on a CPU that ran above kTurbo. What is usual of GPUs
/// is at the specified one.
[[nodiscard]] bool shown_at_measured_clock(std::span<const Row> device);

enum class Standing { not_judged, low, within, above };

/// Where a class's figure lies to what is usual elsewhere, and to what the device delivered
/// earlier: low only if all of its interval is below the range.
[[nodiscard]] Standing standing_elsewhere(const DeviceClass& device_class);
[[nodiscard]] Standing standing_earlier(const DeviceClass& device_class);
/// The worse of the two.
[[nodiscard]] Standing standing_of(const DeviceClass& device_class);

}  // namespace derate
