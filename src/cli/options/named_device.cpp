// SPDX-License-Identifier: Apache-2.0
// Looks among the present devices first, then in the catalogue, which refuses an unknown name with
// similar ones.
#include "cli/options/named_device.h"

#include <fmt/format.h>

#include "backend/selection.h"
#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate::cli {

Named find_device(const std::string& name) {
  const Inventory inventory = probe_backends();
  if (name.empty()) return {select_devices(inventory, {"auto"}).front().device};
  for (const Inventory::Entry& entry : inventory.entries) {
    for (const Device& device : entry.probe.devices) {
      const bool indexed = name == fmt::format("{}:{}", device.backend, device.index);
      if (indexed || name == device.selector()) return {device};
      if (name == device.name) return {device, true};
    }
  }
  return {device_of(product_named(name, "here or in the catalogue")), true};
}

}  // namespace derate::cli
