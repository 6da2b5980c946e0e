// SPDX-License-Identifier: Apache-2.0
// Devices of one name taken together, as a box has eight of a GPU: their classes side by side.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "record/rows_by_device.h"
#include "report/device_classes.h"

namespace derate {

struct DeviceKind {
  std::vector<DeviceRows> devices;
  std::vector<std::vector<DeviceClass>> classes;  ///< of each
};

/// In the order in which the first of each kind comes.
[[nodiscard]] std::vector<DeviceKind> device_kinds(std::span<const Row> rows,
                                                   const References& references);

/// One class on the devices of a kind that have it.
struct ClassOfKind {
  std::vector<const DeviceClass*> each;
  std::vector<std::size_t> device;  ///< position of each among the kind's devices

  /// Positions in `each`.
  [[nodiscard]] std::size_t slowest() const;
  [[nodiscard]] std::size_t fastest() const;
};

/// The classes point into `kind`.
[[nodiscard]] std::vector<ClassOfKind> classes_of(const DeviceKind& kind);

}  // namespace derate
