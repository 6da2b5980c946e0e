// SPDX-License-Identifier: Apache-2.0
// Why a GPU is slow, as far as clock, power, temperature and links tell.
#pragma once

#include <string>
#include <vector>

#include "fleet/verdicts.h"

namespace derate::fleet {

/// What is usual of a group's sensors, to tell what is not.
class Sensors {
 public:
  Sensors(const FleetData& data, const Group& group);

  /// Fills in the finding's figures of clock, power and temperature.
  void describe(const Gpu& gpu, Finding& finding) const;
  /// In a few words, and as sentences, why the part is slow; `cause` stays empty where nothing
  /// tells.
  void explain(const Gpu& gpu, Part part, Finding& finding) const;

 private:
  const FleetData& data_;
  std::vector<double> clock_hz_;  ///< median of each row of FleetData; NaN where not known
  double power_w_ = kUnknown;
  double temperature_c_ = kUnknown;
};

/// "compute 6.1 % slower (gemm bf16 7.2 %, ...)": the rows that are off the most.
[[nodiscard]] std::string rows_text(const FleetData& data, const Group& group, const Levels& levels,
                                    const GroupJudgement& judgement, std::size_t gpu, Part part);

/// Faults that no sound GPU has, whatever it delivers; empty where there is none.
[[nodiscard]] std::string fault_of(const FleetData& data, const Gpu& gpu);
/// How much others had of it; empty for next to nothing.
[[nodiscard]] std::string disturbance_of(const Gpu& gpu);

}  // namespace derate::fleet
