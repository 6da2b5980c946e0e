// SPDX-License-Identifier: Apache-2.0
#include "backends/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "derate/error.h"

namespace derate {
namespace {

bool names(std::string_view selector, const Device& device) {
  return selector == "all" || selector == device.backend ||
         selector == fmt::format("{}:{}", device.backend, device.index);
}

[[noreturn]] void refuse(const std::string& selector, const Inventory& inventory) {
  std::vector<std::string> known = {"auto", "all"};
  for (const Inventory::Entry& entry : inventory.entries) {
    if (selector == entry.backend->name()) {
      throw Error(ExitCode::no_device,
                  fmt::format("no {} device: {}", selector, entry.probe.reason));
    }
    for (const Device& device : entry.probe.devices) known.push_back(device.selector());
  }
  throw Error(ExitCode::usage, fmt::format("there is no device \"{}\" here; choose from {}",
                                           selector, fmt::join(known, ", ")));
}

}  // namespace

std::vector<std::string> Inventory::absences() const {
  std::vector<std::string> sentences;
  for (const Entry& entry : entries) {
    if (!entry.probe.devices.empty()) continue;
    sentences.push_back(fmt::format("no {} device: {}", entry.backend->name(), entry.probe.reason));
  }
  return sentences;
}

Inventory probe_backends() {
  Inventory inventory;
  for (std::unique_ptr<Backend>& backend : make_backends()) {
    Probe probe = backend->probe();
    inventory.entries.push_back({std::move(backend), std::move(probe)});
  }
  return inventory;
}

std::vector<Selected> select_devices(const Inventory& inventory,
                                     const std::vector<std::string>& selectors) {
  std::vector<Selected> selected;
  const auto add = [&](const Inventory::Entry& entry, const Device& device) {
    const bool known = std::any_of(selected.begin(), selected.end(), [&](const Selected& other) {
      return other.device.selector() == device.selector();
    });
    if (!known) selected.push_back({entry.backend, device});
  };
  for (const std::string& selector : selectors) {
    bool found = false;
    for (const Inventory::Entry& entry : inventory.entries) {
      for (const Device& device : entry.probe.devices) {
        if (selector == "auto" ? found : !names(selector, device)) continue;
        add(entry, device);
        found = true;
      }
    }
    if (!found) refuse(selector, inventory);
  }
  return selected;
}

}  // namespace derate
