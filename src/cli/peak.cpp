// SPDX-License-Identifier: Apache-2.0
// derate peak: every theoretical peak of a device at hand or of a product by name.
#include "hardware/peak.h"

#include <memory>
#include <vector>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "cli/commands.h"
#include "cli/options/named_device.h"
#include "hardware/product.h"
#include "record/measured_clocks.h"
#include "report/peak_table.h"

namespace derate::cli {
namespace {

/// Whether records of a device with this id and name are records of what was named.
bool is_meant(const Named& named, const MeasuredDevice& measured) {
  if (!named.any_of_its_kind) return measured.id == named.device.id;
  if (measured.name == named.device.name) return true;
  const Product* const product = product_called(named.device.name);
  return product != nullptr && has_driver_name(*product, measured.name);
}

MeasuredClocks clocks_of(const Named& named, const std::vector<std::filesystem::path>& records) {
  MeasuredClocks clocks;
  if (records.empty()) return clocks;
  const std::vector<MeasuredDevice> measured = read_clocks(records);
  bool any = false;
  for (const MeasuredDevice& device : measured) {
    if (!is_meant(named, device)) continue;
    clocks.add(device.clocks);
    any = true;
  }
  if (!any) throw records_of_others(measured, named.device.name);
  return clocks;
}

struct PeakOptions {
  std::string name;
  std::vector<std::filesystem::path> records;
  Format format = Format::table;
};

ExitCode print_peaks(const PeakOptions& options) {
  const Named named = find_device(options.name);
  const std::vector<PeakLine> lines = peaks_of(named.device, clocks_of(named, options.records));
  if (options.format == Format::table || options.format == Format::markdown) {
    write_sentence(standard_output(), named.device.name, options.format);
    write_description(standard_output(), named.device, options.format);
  }
  write_peaks(standard_output(), lines, !options.records.empty(), options.format);
  return ExitCode::ok;
}

}  // namespace

void add_peak(Command& app, ExitCode& end) {
  const auto options = std::make_shared<PeakOptions>();
  Command command = app.add_subcommand("peak", "print every theoretical peak of a device");
  command.add_option("name", options->name,
                     "a device at hand (host, cuda:1) or a product (\"Tesla P40\", H200); without, "
                     "the device that is at hand, a GPU before the host");
  command.add_option("--records", options->records,
                     "records of that device, for the peaks at its measured clocks");
  add_format(command, options->format);
  command.on_parse([options, &end] { end = print_peaks(*options); });
}

}  // namespace derate::cli
