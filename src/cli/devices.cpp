// SPDX-License-Identifier: Apache-2.0
// derate devices: what this machine has, with N and C and where they come from.
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "backend/selection.h"
#include "base/kept_streams.h"
#include "base/safe_text.h"
#include "base/standard_streams.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "derate/record.h"
#include "hardware/health.h"
#include "hardware/peak.h"
#include "record/measured_clocks.h"
#include "report/peak_table.h"

namespace derate::cli {
namespace {

double compute_peak(const Device& device, Precision precision) {
  const auto peak = peak_of(device, Bound::compute, precision);
  return peak ? peak->specified().value_or(kUnknown) : kUnknown;
}

double clock(const Fact& fact) { return fact.value.value_or(kUnknown); }

using DeviceColumn = Column<Device>;

template <std::size_t place>
Value state(const Device& device) {
  return (device.health.*kHealthFacts[place].member).value.value_or(kUnknown);
}

template <std::size_t... places>
constexpr auto state_columns(std::index_sequence<places...>) {
  return std::array{DeviceColumn{kHealthFacts[places].name, "", "", state<places>}...};
}
constexpr auto kStateColumns = state_columns(std::make_index_sequence<kHealthFacts.size()>());

const std::array kDeviceColumns = {
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
    DeviceColumn{
        "memory_source", "", "",
        [](const Device& d) -> Value { return std::string_view(d.memory_bytes_per_s.source); }},
    DeviceColumn{"memory_specified_bytes_per_s", "", "",
                 [](const Device& d) -> Value { return clock(d.memory_specified_bytes_per_s); }},
    DeviceColumn{"memory_bytes", "memory", "",
                 [](const Device& d) -> Value { return static_cast<double>(d.memory_bytes); },
                 [](const Device& d) { return format_bytes(static_cast<double>(d.memory_bytes)); }},
    DeviceColumn{
        "last_level_cache_bytes", "", "",
        [](const Device& d) -> Value { return static_cast<double>(d.last_level_cache_bytes); }},
    DeviceColumn{"driver_version", "", "",
                 [](const Device& d) -> Value { return std::string_view(d.driver_version); }},
    DeviceColumn{"power_cap_w", "", "",
                 [](const Device& d) -> Value { return d.power_cap_w.value_or(kUnknown); }},
    DeviceColumn{"state_unknown", "", "",
                 [](const Device& d) -> Value { return health_unknown(d.health); }},
    DeviceColumn{"id", "", "", [](const Device& d) -> Value { return std::string_view(d.id); }},
    DeviceColumn{"remark", "", "",
                 [](const Device& d) -> Value { return std::string_view(d.note); }}};

constexpr std::array<std::string_view, 7> kDevicesLeastFirst = {
    "architecture",       "clock_maximum_hz", "clock_specified_hz", "compute_units", "memory_bytes",
    "memory_bytes_per_s", "peak_f64"};

/// Facts first, then the state that a GPU is in, for machines; for people it is a line of its own.
std::vector<DeviceColumn> device_columns() {
  std::vector<DeviceColumn> columns(kDeviceColumns.begin(), kDeviceColumns.end());
  columns.insert(columns.end(), kStateColumns.begin(), kStateColumns.end());
  return columns;
}

struct DevicesOptions {
  std::vector<std::filesystem::path> records;
  Format format = Format::table;
};

/// The clocks of each device, none where no record is of it.
std::vector<MeasuredClocks> clocks_of(const std::vector<Device>& devices,
                                      const std::vector<std::filesystem::path>& records) {
  std::vector<MeasuredClocks> clocks(devices.size());
  if (records.empty()) return clocks;
  const std::vector<MeasuredDevice> measured = read_clocks(records);
  bool any = false;
  for (const MeasuredDevice& of : measured) {
    for (std::size_t i = 0; i < devices.size(); ++i) {
      if (devices[i].id != of.id) continue;
      clocks[i].add(of.clocks);
      any = true;
    }
  }
  if (!any) throw records_of_others(measured, "any device of this machine");
  return clocks;
}

/// Every peak of every device, with its sources, for people; machines ask `derate peak`.
void print_peaks(const std::vector<Device>& devices, const std::vector<MeasuredClocks>& clocks,
                 const DevicesOptions& options) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Device& device = devices[i];
    const bool markdown = options.format == Format::markdown;
    const std::string heading = fmt::format("{}: {}", device.selector(), device.name);
    standard_output() << '\n' << (markdown ? "## " : "");
    write_sentence(standard_output(), heading, options.format);
    standard_output() << (markdown ? "\n" : "");
    write_description(standard_output(), device, options.format);
    write_peaks(standard_output(), peaks_of(device, clocks[i]), !options.records.empty(),
                options.format);
  }
}

ExitCode list_devices(const DevicesOptions& options) {
  const Inventory inventory = probe_backends();
  std::vector<Device> devices;
  for (const Inventory::Entry& entry : inventory.entries) {
    devices.insert(devices.end(), entry.probe.devices.begin(), entry.probe.devices.end());
  }
  const std::vector<MeasuredClocks> clocks = clocks_of(devices, options.records);
  const std::vector<DeviceColumn> columns = device_columns();
  write(standard_output(), std::span<const DeviceColumn>(columns), devices, options.format,
        {kDevicesLeastFirst});
  if (options.format == Format::table || options.format == Format::markdown) {
    print_peaks(devices, clocks, options);
  }
  standard_output().flush();
  for (const auto& sentences : {inventory.absences(), inventory.libraries()}) {
    for (const std::string& sentence : sentences) say("derate", sentence);
  }
  return devices.empty() ? ExitCode::no_device : ExitCode::ok;
}

}  // namespace

void add_devices(Command& app, ExitCode& end) {
  const auto options = std::make_shared<DevicesOptions>();
  Command command =
      app.add_subcommand("devices", "list the devices of this machine and their peaks");
  command.add_option("--records", options->records,
                     "records of these devices, for the peaks at their measured clocks");
  add_format(command, options->format);
  command.on_parse([options, &end] { end = list_devices(*options); });
}

}  // namespace derate::cli
