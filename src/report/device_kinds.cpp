// SPDX-License-Identifier: Apache-2.0
// Groups devices by name, and classes by name and by what they are.
#include "report/device_kinds.h"

#include <algorithm>

namespace derate {
namespace {

bool is_slower(const DeviceClass* a, const DeviceClass* b) {
  return a->row->achieved.value < b->row->achieved.value;
}

}  // namespace

std::vector<DeviceKind> device_kinds(std::span<const Row> rows, const References& references) {
  std::vector<DeviceKind> kinds;
  for (const DeviceRows device : by_device(rows)) {
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const DeviceKind& kind) {
      return kind.devices.front().front().context->device_name ==
             device.front().context->device_name;
    });
    DeviceKind& kind = same == kinds.end() ? kinds.emplace_back() : *same;
    kind.devices.push_back(device);
    kind.classes.push_back(device_classes(device, references));
  }
  return kinds;
}

std::size_t ClassOfKind::slowest() const {
  return static_cast<std::size_t>(std::min_element(each.begin(), each.end(), is_slower) -
                                  each.begin());
}

std::size_t ClassOfKind::fastest() const {
  return static_cast<std::size_t>(std::max_element(each.begin(), each.end(), is_slower) -
                                  each.begin());
}

std::vector<ClassOfKind> classes_of(const DeviceKind& kind) {
  std::vector<ClassOfKind> found;
  for (std::size_t device = 0; device < kind.devices.size(); ++device) {
    for (const DeviceClass& each : kind.classes[device]) {
      auto same = std::find_if(found.begin(), found.end(), [&](const ClassOfKind& other) {
        return other.each.front()->name == each.name && other.each.front()->what == each.what;
      });
      if (same == found.end()) same = found.insert(found.end(), ClassOfKind{});
      same->each.push_back(&each);
      same->device.push_back(device);
    }
  }
  return found;
}

}  // namespace derate
