// SPDX-License-Identifier: Apache-2.0
// Collects clocks by units and precision, and takes the median: of this work in bursts, else of
// sustained work, else of all work.
#include "record/measured_clocks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "derate/aggregate.h"
#include "derate/record_file.h"
#include "derate/statistics.h"
#include "record/load.h"

namespace derate {
namespace {

constexpr const char* kAllWork = "all work";
constexpr const char* kSustained = ", sustained";

}  // namespace

void MeasuredClocks::add(const Record& record) {
  const double clock_hz = measured_clock_hz(record);
  // Devices that share their power run at other clocks than one alone.
  if (!(clock_hz > 0) || record.devices_at_once > 1) return;
  clocks_hz_[kAllWork].push_back(clock_hz);
  // Work that waits for the memory says nothing of what its units do under load, zeros take less
  // power than data do, and a record of schema 1 does not tell which units it used.
  if (record.bound != to_string(Bound::compute) || record.units.empty()) return;
  if (record.data != "uniform") return;
  clocks_hz_[fmt::format("{} {}{}", record.units, record.precision,
                         record.mode == "burst" ? "" : kSustained)]
      .push_back(clock_hz);
}

void MeasuredClocks::add(const MeasuredClocks& others) {
  for (const auto& [of, clocks] : others.clocks_hz_) {
    std::vector<double>& own = clocks_hz_[of];
    own.insert(own.end(), clocks.begin(), clocks.end());
  }
}

MeasuredClock MeasuredClocks::at(const Rate& rate) const {
  const std::string of = fmt::format("{} {}", to_string(rate.units), to_string(rate.operands));
  for (const std::string& name : {of, of + kSustained, std::string(kAllWork)}) {
    const auto found = clocks_hz_.find(name);
    if (found != clocks_hz_.end()) return {median(found->second), name};
  }
  return {};
}

std::vector<MeasuredDevice> read_clocks(const std::vector<std::filesystem::path>& files) {
  std::vector<MeasuredDevice> measured;
  std::vector<BadLine> bad;
  const auto add = [&](const Record& record) {
    auto device = std::find_if(measured.begin(), measured.end(), [&](const MeasuredDevice& known) {
      return known.id == record.device_id && known.name == record.device_name;
    });
    if (device == measured.end()) {
      device = measured.insert(device, {record.device_id, record.device_name, {}});
    }
    device->clocks.add(record);
  };
  for (const std::filesystem::path& file : files) {
    ReadResult result = read_records(file, add);
    std::move(result.bad.begin(), result.bad.end(), std::back_inserter(bad));
  }
  warn_of(bad);
  return measured;
}

Error records_of_others(const std::vector<MeasuredDevice>& measured, const std::string& wanted) {
  std::set<std::string> names;
  for (const MeasuredDevice& device : measured) names.insert(device.name);
  return {ExitCode::not_comparable,
          fmt::format("the records are of {}, not of {}: their clocks say nothing of it",
                      fmt::join(names, ", "), wanted)};
}

}  // namespace derate
