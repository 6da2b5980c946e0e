// SPDX-License-Identifier: Apache-2.0
// derate peak: every theoretical peak of a device at hand or of a product by name.
#include "derate/peak.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <iostream>
#include <memory>
#include <vector>

#include "backends/selection.h"
#include "cli/analysis.h"
#include "cli/commands.h"
#include "derate/product.h"
#include "derate/record.h"
#include "derate/statistics.h"
#include "derate/units.h"
#include "table.h"

namespace derate::cli {
namespace {

/// One peak, at up to three clocks.
struct PeakLine {
  Rate rate;
  double specified = kUnknown;
  double maximum = kUnknown;
  double measured = kUnknown;
  double specified_clock_hz = kUnknown;
};

std::vector<PeakLine> peaks_of(const Device& device, double measured_clock_hz) {
  std::vector<PeakLine> lines;
  for (const Rate& rate : rates_of(device.architecture, product_class_of(device.name))) {
    const Peak peak = peak_of(device, rate);
    PeakLine line{.rate = rate};
    if (peak.specified_clock_hz.value) {
      line.specified_clock_hz = *peak.specified_clock_hz.value;
      line.specified = peak.at(line.specified_clock_hz);
    }
    if (peak.maximum_clock_hz.value) line.maximum = peak.at(*peak.maximum_clock_hz.value);
    line.measured = peak.at(measured_clock_hz);
    lines.push_back(line);
  }
  return lines;
}

using C = Column<PeakLine>;

const std::array kColumns = {
    C{"units", "units", "", [](const PeakLine& l) -> Value { return to_string(l.rate.units); }},
    C{"instruction", "instruction", "",
      [](const PeakLine& l) -> Value { return std::string_view(l.rate.instruction); }},
    C{"operands", "operands", "",
      [](const PeakLine& l) -> Value { return to_string(l.rate.operands); }},
    C{"accumulator", "into", "",
      [](const PeakLine& l) -> Value { return to_string(l.rate.accumulator); }},
    C{"fma_per_unit_and_clock", "FMA/clock", "",
      [](const PeakLine& l) -> Value { return l.rate.fma_per_unit_and_clock; }},
    C{"specified_clock_hz", "specified", "",
      [](const PeakLine& l) -> Value { return l.specified_clock_hz; },
      [](const PeakLine& l) { return format_frequency(l.specified_clock_hz); }},
    C{"peak_specified", "peak there", "", [](const PeakLine& l) -> Value { return l.specified; },
      [](const PeakLine& l) { return format_flops(l.specified); }},
    C{"peak_maximum", "at maximum", "", [](const PeakLine& l) -> Value { return l.maximum; },
      [](const PeakLine& l) { return format_flops(l.maximum); }},
    C{"peak_measured", "at measured", "", [](const PeakLine& l) -> Value { return l.measured; },
      [](const PeakLine& l) { return format_flops(l.measured); }},
    C{"source", "source of the rate", "",
      [](const PeakLine& l) -> Value { return std::string_view(l.rate.source); }}};

/// A device at hand by its selector or exact name, or a product by name.
Device find_device(const std::string& name) {
  for (const Inventory::Entry& entry : probe_backends().entries) {
    for (const Device& device : entry.probe.devices) {
      const bool indexed = name == fmt::format("{}:{}", device.backend, device.index);
      if (indexed || name == device.selector() || name == device.name) return device;
    }
  }
  const std::vector<const Product*> found = find_products(name);
  if (found.size() == 1) return device_of(*found.front());
  std::vector<std::string_view> names;
  for (const Product* product : found) names.push_back(product->name);
  if (!found.empty()) {
    throw Error(ExitCode::usage,
                fmt::format("\"{}\" may be {}: say which", name, fmt::join(names, ", ")));
  }
  for (const Product& product : products()) names.push_back(product.name);
  throw Error(ExitCode::usage,
              fmt::format("there is no device \"{}\" here and no such product in the table: its "
                          "peak is unknown. Known are {}",
                          name, fmt::join(names, ", ")));
}

double measured_clock(const std::vector<std::filesystem::path>& records) {
  if (records.empty()) return kUnknown;
  std::vector<double> clocks;
  for (const Row& row : analyse(records, "").rows) {
    if (row.clock_hz > 0) clocks.push_back(row.clock_hz);
  }
  return median(clocks);
}

struct PeakOptions {
  std::string name;
  std::vector<std::filesystem::path> records;
  Format format = Format::table;
};

ExitCode print_peaks(const PeakOptions& options) {
  const Device device = find_device(options.name);
  const double clock_hz = measured_clock(options.records);
  const std::vector<PeakLine> lines = peaks_of(device, clock_hz);
  if (options.format == Format::table || options.format == Format::markdown) {
    fmt::print("{} ({}): {:g} {} ({})\n", device.name,
               device.architecture.empty() ? "unknown architecture" : device.architecture,
               device.compute_units, device.backend == "host" ? "cores" : "SMs",
               device.compute_units_source);
    fmt::print("clocks: specified {} ({}), maximum {}, measured {}\n",
               format_frequency(device.clock_specified_hz.value.value_or(kUnknown)),
               device.clock_specified_hz.source,
               format_frequency(device.clock_maximum_hz.value.value_or(kUnknown)),
               format_frequency(clock_hz));
    fmt::print("memory: {} ({})\n\n",
               format_bandwidth(device.memory_bytes_per_s.value.value_or(kUnknown)),
               device.memory_bytes_per_s.source);
    std::fflush(stdout);
    if (lines.empty()) {
      fmt::print("No source here gives the rates of this architecture: its peaks are unknown.\n");
      return ExitCode::ok;
    }
  }
  write(std::cout, std::span<const C>(kColumns), lines, options.format);
  return ExitCode::ok;
}

}  // namespace

void add_peak(CLI::App& app, ExitCode& end) {
  const auto options = std::make_shared<PeakOptions>();
  CLI::App* command = app.add_subcommand("peak", "print every theoretical peak of a device");
  command
      ->add_option("name", options->name,
                   "a device at hand (host, cuda:1) or a product (\"Tesla P40\", H200)")
      ->required();
  command->add_option("--records", options->records,
                      "records of that device, for the peaks at its measured clock");
  add_format(*command, options->format);
  command->callback([options, &end] { end = print_peaks(*options); });
}

}  // namespace derate::cli
