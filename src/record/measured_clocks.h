// SPDX-License-Identifier: Apache-2.0
// Clocks out of records: at which clock a device ran, by what it ran.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "derate/error.h"
#include "derate/record.h"
#include "hardware/rate.h"

namespace derate {

/// The clock of a class of work, and what that class is: "tensor bf16", or "all work".
struct MeasuredClock {
  double hz = kUnknown;
  std::string of;
};

/// Clocks at which one device ran. Under a power cap tensor units make it run slower than vector
/// units do, so each precision on each kind of unit is kept apart.
class MeasuredClocks {
 public:
  void add(const Record& record);
  void add(const MeasuredClocks& others);
  /// The median over the records of that precision on such units in bursts, or else sustained; over
  /// all records of the device where there are none.
  [[nodiscard]] MeasuredClock at(const Rate& rate) const;

 private:
  std::map<std::string, std::vector<double>> clocks_hz_;
};

struct MeasuredDevice {
  std::string id;    ///< as Device::id
  std::string name;  ///< as Device::name
  MeasuredClocks clocks;
};

/// The devices of these records files. Says on standard error which lines are unreadable. Throws
/// Error(invalid_input).
[[nodiscard]] std::vector<MeasuredDevice> read_clocks(
    const std::vector<std::filesystem::path>& files);

/// What to say when none of the records is of `wanted`.
[[nodiscard]] Error records_of_others(const std::vector<MeasuredDevice>& measured,
                                      const std::string& wanted);

}  // namespace derate
