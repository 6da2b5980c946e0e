// SPDX-License-Identifier: Apache-2.0
// Probes all backends and matches selectors against their devices; a refusal lists the selectors
// that exist and the reasons for those that do not.
#include "backend/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/trial.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr std::string_view kHost = "host";

bool names(std::string_view selector, const Device& device) {
  return selector == "all" || selector == device.backend ||
         selector == fmt::format("{}:{}", device.backend, device.index);
}

[[noreturn]] void refuse(const std::string& selector, const Inventory& inventory) {
  if (selector == "auto" || selector == "all") {
    throw Error(ExitCode::no_device,
                fmt::format("nothing to measure on: {}", fmt::join(inventory.absences(), "; ")));
  }
  std::vector<std::string> known = {"auto", "all"};
  std::string broken;
  for (const Inventory::Entry& entry : inventory.entries) {
    if (selector == entry.backend->name()) {
      throw Error(ExitCode::no_device,
                  fmt::format("no {} device: {}", selector, entry.probe.reason));
    }
    for (const Device& device : entry.probe.devices) known.push_back(device.selector());
    if (!entry.probe.devices.empty() && !entry.probe.reason.empty()) {
      broken += fmt::format(" ({}: {})", entry.backend->name(), entry.probe.reason);
    }
  }
  throw Error(ExitCode::usage, fmt::format("there is no device \"{}\" here; choose from {}{}",
                                           selector, fmt::join(known, ", "), broken));
}

}  // namespace

std::vector<std::string> Inventory::absences() const {
  std::vector<std::string> sentences;
  for (const Entry& entry : entries) {
    const std::string_view backend = entry.backend->name();
    if (entry.probe.devices.empty()) {
      sentences.push_back(fmt::format("no {} device: {}", backend, entry.probe.reason));
    } else if (!entry.probe.reason.empty()) {
      sentences.push_back(fmt::format("{}: {}", backend, entry.probe.reason));
    }
    for (const Device& device : entry.probe.devices) {
      if (device.unusable.empty()) continue;
      sentences.push_back(
          fmt::format("{}:{} cannot be used: {}", backend, device.index, device.unusable));
    }
  }
  return sentences;
}

std::vector<std::string> Inventory::libraries() const {
  std::vector<std::string> sentences;
  for (const Entry& entry : entries) {
    if (entry.probe.devices.empty()) continue;
    for (const std::string& library : entry.backend->libraries()) {
      sentences.push_back(fmt::format("{}: {}", entry.backend->name(), library));
    }
  }
  return sentences;
}

Inventory probe_backends(const std::vector<std::string>& selectors, Drivers drivers) {
  // The host is always there: whoever names nothing else needs no driver.
  const bool only_host = std::all_of(
      selectors.begin(), selectors.end(),
      [](const std::string& selector) { return selector == kHost || selector == "host:0"; });
  Inventory inventory;
  for (std::unique_ptr<Backend>& backend : make_backends()) {
    const bool is_host = backend->name() == kHost;
    if (only_host && !is_host) continue;
    Probe probe;
    if (!is_host && drivers == Drivers::untried) {
      probe.reason = fault_of_trial([&] { static_cast<void>(backend->probe()); });
    }
    if (probe.reason.empty()) probe = backend->probe();
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
        const bool wanted =
            selector == "auto" ? !found && device.unusable.empty() : names(selector, device);
        if (!wanted) continue;
        add(entry, device);
        found = true;
      }
    }
    if (!found) refuse(selector, inventory);
  }
  return selected;
}

}  // namespace derate
