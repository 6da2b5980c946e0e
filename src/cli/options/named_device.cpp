// SPDX-License-Identifier: Apache-2.0
// Looks among the present devices first, then in the catalogue; an unknown name is refused with the
// nearest ones.
#include "cli/options/named_device.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "backend/selection.h"
#include "derate/error.h"
#include "hardware/product.h"

namespace derate::cli {

Named find_device(const std::string& name) {
  for (const Inventory::Entry& entry : probe_backends().entries) {
    for (const Device& device : entry.probe.devices) {
      const bool indexed = name == fmt::format("{}:{}", device.backend, device.index);
      if (indexed || name == device.selector()) return {device};
      if (name == device.name) return {device, true};
    }
  }
  const std::vector<const Product*> found = find_products(name);
  if (found.size() == 1) return {device_of(*found.front()), true};
  std::vector<std::string_view> names;
  for (const Product* product : found) names.push_back(product->name);
  if (!found.empty()) {
    throw Error(ExitCode::usage,
                fmt::format("\"{}\" may be {}: say which", name, fmt::join(names, ", ")));
  }
  throw Error(
      ExitCode::usage,
      fmt::format("there is no device \"{}\" here and no such product in the catalogue: its "
                  "peak is unknown. The nearest names are {} (derate catalog lists all)",
                  name, fmt::join(nearest_products(name), ", ")));
}

}  // namespace derate::cli
