// SPDX-License-Identifier: Apache-2.0
// Which configuration a benchmark takes: the tuning table's, or else the workload's own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "derate/device.h"
#include "derate/workload.h"
#include "measure/tuning.h"

namespace derate::bench {

/// A workload's problem as a tuning table names it.
[[nodiscard]] TunedProblem tuned_name(const Workload& workload, const Problem& problem);

/// The workload in one of its configurations only.
[[nodiscard]] Workload configured(const Workload& workload, const std::string& configuration);

class Tuned {
 public:
  /// Reads the table that was named, or the user's own where one is. "none": takes neither. Throws
  /// Error(invalid_input) for a named one that cannot be read; for the user's own that is a note.
  explicit Tuned(const std::string& named);

  /// The configuration for a problem; empty for the workload's own choice.
  [[nodiscard]] std::string configuration(const Workload& workload, const Problem& problem,
                                          const Device& device);

  /// What a user is to know of the table, each sentence once: what it is not used for and why, and
  /// how many of the problems asked for take what it says.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  /// The table's part for the device; null, with a note, where it has none.
  const TunedDevice* part_for(const Device& device);
  void note(const std::string& sentence);

  std::filesystem::path path_;
  Tuning tuning_;
  bool there_ = false;
  std::map<std::string, const TunedDevice*> parts_;  ///< by the device's selector
  std::vector<std::string> notes_;
  int taken_ = 0;
  std::string time_utc_;
};

}  // namespace derate::bench
