// SPDX-License-Identifier: Apache-2.0
// Faults first, then disturbance, then figures: a fault is one whoever else used the device, and a
// low figure is the device's own only where nobody did.
#include "report/device_verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace derate {
namespace {

template <typename Is>
std::size_t count(std::span<const Row> rows, const Is& is) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is));
}

/// Reasons that hold the clock of a sound board down: its power limit, and what its user set up.
bool is_usual_limit(const std::string& reason) {
  return reason == "power_cap" || reason == "sync_boost" || reason == "display_clock";
}

/// What no sound device does, whatever it delivers.
std::vector<std::string> faults_of(std::span<const Row> device) {
  constexpr double kFullClock = 0.98;
  std::vector<std::string> faults;
  const auto add = [&](const auto& is, const std::string& what) {
    if (const std::size_t rows = count(device, is); rows > 0) {
      faults.push_back(fmt::format("{} ({} of {} rows)", what, rows, device.size()));
    }
  };
  add([](const Row& row) { return row.outcome == Outcome::incorrect; }, "wrong results");
  add([](const Row& row) { return row.ecc_uncorrected > 0; }, "ECC errors beyond correction");
  add([](const Row& row) { return row.memory_clock_ratio < kFullClock; },
      "memory clock below its maximum");
  add(
      [](const Row& row) {
        return !row.pcie_link.empty() && !row.pcie_link_maximum.empty() &&
               row.pcie_link != row.pcie_link_maximum;
      },
      "PCIe link below what it could be");
  std::vector<std::string> limits;
  for (const Row& row : device) {
    for (const std::string& reason : row.throttle_reasons) {
      const bool is_new = std::find(limits.begin(), limits.end(), reason) == limits.end();
      if (is_new && !is_usual_limit(reason)) limits.push_back(reason);
    }
  }
  if (!limits.empty()) {
    faults.push_back(fmt::format("clock held down by {}", fmt::join(limits, ", ")));
  }
  return faults;
}

std::string range_text(const Usual& usual, const Row& row, bool of_eta) {
  if (of_eta) return fmt::format("{:.0f} to {:.0f} %", 100 * usual.low, 100 * usual.high);
  return fmt::format("{} to {}", format_rate(usual.low, bound_of(row), row.precision),
                     format_rate(usual.high, bound_of(row), row.precision));
}

std::string low_text(const DeviceClass& each) {
  const Row& row = *each.row;
  const bool of_eta = standing_elsewhere(each) == Standing::low;
  const Usual& usual = of_eta ? *each.usual : *each.before;
  return fmt::format("{} {} {} where {} {}", each.name, each.what,
                     of_eta ? format_percent(row.eta.value, 0)
                            : format_rate(row.achieved.value, bound_of(row), row.precision),
                     range_text(usual, row, of_eta), of_eta ? "is usual" : "was delivered earlier");
}

/// "f32, DRAM", each name once.
std::string names_of(std::span<const DeviceClass* const> classes) {
  std::vector<std::string> names;
  for (const DeviceClass* each : classes) {
    if (std::find(names.begin(), names.end(), each->name) == names.end()) {
      names.push_back(each->name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// How much of the device others had while the classes were measured; empty for next to nothing.
std::string disturbance_of(std::span<const DeviceClass> classes) {
  double share = 0;
  double processes = 0;
  for (const DeviceClass& each : classes) {
    share = std::fmax(share, each.row->others_share);
    processes = std::fmax(processes, each.row->other_processes);
  }
  if (share > kSharedAbove) {
    return fmt::format("other programs had up to {} of the device", format_percent(share, 0));
  }
  if (processes > 0) {
    return fmt::format("{:g} other process{} held the device", processes,
                       processes > 1 ? "es" : "");
  }
  return {};
}

}  // namespace

std::string_view to_string(DeviceState state) {
  switch (state) {
    case DeviceState::healthy:
      return "healthy";
    case DeviceState::slow:
      return "slow";
    case DeviceState::disturbed:
      return "disturbed";
    case DeviceState::not_known:
      return "not known";
  }
  return "";
}

DeviceVerdict verdict_of(std::span<const Row> device, std::span<const DeviceClass> classes) {
  std::vector<std::string> low;
  std::vector<const DeviceClass*> within;
  std::vector<const DeviceClass*> open;
  for (const DeviceClass& each : classes) {
    switch (standing_of(each)) {
      case Standing::low:
        low.push_back(low_text(each));
        break;
      case Standing::within:
      case Standing::above:
        within.push_back(&each);
        break;
      case Standing::not_judged:
        open.push_back(&each);
    }
  }
  std::vector<std::string> faults = faults_of(device);
  const std::string disturbance = disturbance_of(classes);
  if (!disturbance.empty() && faults.empty()) return {DeviceState::disturbed, {disturbance}};
  if (disturbance.empty()) faults.insert(faults.end(), low.begin(), low.end());
  if (!faults.empty()) return {DeviceState::slow, std::move(faults)};
  if (within.empty()) {
    return {DeviceState::not_known,
            {classes.empty() ? "nothing was measured that could be judged"
                             : "no reference for this device and no earlier runs of it"}};
  }
  DeviceVerdict verdict{DeviceState::healthy, {names_of(within) + " within what is usual"}};
  if (!open.empty()) verdict.reasons.push_back("no reference for " + names_of(open));
  return verdict;
}

}  // namespace derate
