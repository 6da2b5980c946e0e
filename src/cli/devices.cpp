// SPDX-License-Identifier: Apache-2.0
// derate devices: what this machine has, with N and C and where they come from.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

#include "backends/selection.h"
#include "cli/commands.h"
#include "derate/peak.h"
#include "derate/record.h"
#include "derate/units.h"
#include "standard_streams.h"
#include "table.h"

namespace derate::cli {
namespace {

double compute_peak(const Device& device, Precision precision) {
  const auto peak = peak_of(device, Bound::compute, precision);
  return peak ? peak->specified().value_or(kUnknown) : kUnknown;
}

double clock(const Fact& fact) { return fact.value.value_or(kUnknown); }

using DeviceColumn = Column<Device>;

const std::array kColumns = {
    DeviceColumn{"device", "device", "", [](const Device& d) -> Value { return d.selector(); }},
    DeviceColumn{"name", "name", "",
                 [](const Device& d) -> Value { return std::string_view(d.name); }},
    DeviceColumn{
        "architecture", "architecture", "",
        [](const Device& d) -> Value { return std::string_view(d.architecture); },
        [](const Device& d) { return d.architecture.empty() ? std::string("–") : d.architecture; }},
    DeviceColumn{"compute_units", "units", "",
                 [](const Device& d) -> Value { return d.compute_units; }},
    DeviceColumn{"compute_units_source", "", "",
                 [](const Device& d) -> Value { return std::string_view(d.compute_units_source); }},
    DeviceColumn{"clock_specified_hz", "specified", "",
                 [](const Device& d) -> Value { return clock(d.clock_specified_hz); },
                 [](const Device& d) { return format_frequency(clock(d.clock_specified_hz)); }},
    DeviceColumn{
        "clock_specified_source", "", "",
        [](const Device& d) -> Value { return std::string_view(d.clock_specified_hz.source); }},
    DeviceColumn{"clock_maximum_hz", "maximum", "",
                 [](const Device& d) -> Value { return clock(d.clock_maximum_hz); },
                 [](const Device& d) { return format_frequency(clock(d.clock_maximum_hz)); }},
    DeviceColumn{"peak_f32", "2·N·C f32", "",
                 [](const Device& d) -> Value { return compute_peak(d, Precision::f32); },
                 [](const Device& d) { return format_flops(compute_peak(d, Precision::f32)); }},
    DeviceColumn{"peak_f64", "2·N·C f64", "",
                 [](const Device& d) -> Value { return compute_peak(d, Precision::f64); },
                 [](const Device& d) { return format_flops(compute_peak(d, Precision::f64)); }},
    DeviceColumn{"memory_bytes_per_s", "memory peak", "",
                 [](const Device& d) -> Value { return clock(d.memory_bytes_per_s); },
                 [](const Device& d) { return format_bandwidth(clock(d.memory_bytes_per_s)); }},
    DeviceColumn{"memory_bytes", "memory", "",
                 [](const Device& d) -> Value { return static_cast<double>(d.memory_bytes); },
                 [](const Device& d) { return format_bytes(static_cast<double>(d.memory_bytes)); }},
    DeviceColumn{
        "last_level_cache_bytes", "", "",
        [](const Device& d) -> Value { return static_cast<double>(d.last_level_cache_bytes); }},
    DeviceColumn{"driver_version", "", "",
                 [](const Device& d) -> Value { return std::string_view(d.driver_version); }},
    DeviceColumn{"id", "", "", [](const Device& d) -> Value { return std::string_view(d.id); }},
    DeviceColumn{"remark", "", "",
                 [](const Device& d) -> Value { return std::string_view(d.remark); }}};

/// Where N and C come from, for people; machines have it in columns.
void print_sources(const Device& device) {
  fmt::print("\n{}:\n", device.selector());
  const auto peak = peak_of(device, Bound::compute, Precision::f32);
  fmt::print("  N: {}\n", peak ? peak->n_source
                               : "not known: no source here gives the FMA rate of this "
                                 "microarchitecture, so its peak is unknown");
  fmt::print("  C: {}\n", device.clock_specified_hz.source);
  if (!device.memory_bytes_per_s.source.empty()) {
    fmt::print("  memory: {}\n", device.memory_bytes_per_s.source);
  }
  if (!device.remark.empty()) fmt::print("  note: {}\n", device.remark);
}

ExitCode list_devices(Format format) {
  const Inventory inventory = probe_backends();
  std::vector<Device> devices;
  for (const Inventory::Entry& entry : inventory.entries) {
    devices.insert(devices.end(), entry.probe.devices.begin(), entry.probe.devices.end());
  }
  write(std::cout, std::span<const DeviceColumn>(kColumns), devices, format);
  std::cout.flush();
  if (format == Format::table) {
    for (const Device& device : devices) print_sources(device);
  }
  std::fflush(stdout);
  for (const std::string& absence : inventory.absences()) {
    say(fmt::format("derate: {}\n", absence));
  }
  return devices.empty() ? ExitCode::no_device : ExitCode::ok;
}

}  // namespace

void add_devices(CLI::App& app, ExitCode& end) {
  const auto format = std::make_shared<Format>(Format::table);
  CLI::App* command = app.add_subcommand("devices", "list the devices of this machine");
  add_format(*command, *format);
  command->callback([format, &end] { end = list_devices(*format); });
}

}  // namespace derate::cli
