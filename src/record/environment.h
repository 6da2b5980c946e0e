// SPDX-License-Identifier: Apache-2.0
// Where a measurement was made, as named facts: what must agree for two to be comparable, and what
// is only told.
#pragma once

#include <string>
#include <vector>

#include "derate/record.h"

namespace derate {

struct EnvironmentFact {
  std::string name;   ///< "driver_version"; as in a record where a record has it
  std::string value;  ///< empty when not known
  bool hard = false;  ///< must agree for a comparison; the others are only told
};

struct Environment {
  std::vector<EnvironmentFact> facts;

  /// The value of a fact, or "" for one that is not there.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  /// hash_text() of the hard facts: equal where a comparison is allowed.
  [[nodiscard]] std::string fingerprint() const;
};

/// A fact that two environments state differently. One that only one of them knows is none.
struct EnvironmentDifference {
  std::string name;
  std::string base;
  std::string candidate;
  bool hard = false;
};

[[nodiscard]] std::vector<EnvironmentDifference> differences(const Environment& base,
                                                             const Environment& candidate);

/// The facts that a record holds. Hard: backend, device, its architecture, id (not of a CPU) and
/// compute units, driver, runtime, power cap, build type, devices at once; soft: library, clocks,
/// last level of cache, host, boot and program.
[[nodiscard]] Environment environment_of(const Record& record);

}  // namespace derate
