// SPDX-License-Identifier: Apache-2.0
// What a device delivered in earlier runs, whose folders lie beside that of the run at hand.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "report/usual.h"

namespace derate {

/// The range in which the next of these figures, all above 0, lies with 90 % probability: Student's
/// t of their logarithms.
[[nodiscard]] Usual usual_of(std::span<const double> figures, std::string source);

class EarlierRuns {
 public:
  /// Reads the records of the newest twenty folders beside those of `files`. One that cannot be
  /// read is left out.
  explicit EarlierRuns(const std::vector<std::filesystem::path>& files);

  /// Of what the same device delivered for the same work before; none where it was never measured.
  [[nodiscard]] std::optional<Usual> usual(const Row& row) const;

  struct Run {
    std::string time_utc;
    double rate = 0;  ///< FLOP/s, B/s or steps/s
  };
  /// A run that a history has. Such ones count where the folders hold none of that benchmark, since
  /// a run may be in both.
  void add_from_history(const std::string& device_id, const std::string& benchmark, const Run& run);

 private:
  void add(const std::filesystem::path& folder);

  std::map<std::string, std::vector<Run>> runs_;  ///< by device, benchmark, accumulator, ...
  std::map<std::string, std::vector<Run>> from_history_;  ///< by device and benchmark
};

}  // namespace derate
