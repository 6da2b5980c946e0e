// SPDX-License-Identifier: Apache-2.0
// A device as a user names it: one at hand, or a product of the table.
#pragma once

#include <string>

#include "derate/device.h"

namespace derate::cli {

/// A device, and whether a name meant this very one or any of its kind.
struct Named {
  Device device;
  bool any_of_its_kind = false;
};

/// A device at hand by its selector or exact name, or a product by name; without a name the device
/// at hand, a GPU before the host. Throws Error(usage) with the names that may have been meant.
[[nodiscard]] Named find_device(const std::string& name);

}  // namespace derate::cli
