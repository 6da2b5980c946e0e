// SPDX-License-Identifier: Apache-2.0
// The verdict on each GPU of a fleet, on each node that did not come, and what a plan has to expect
// of so many GPUs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/groups.h"
#include "fleet/read_fleet.h"
#include "report/usual.h"

namespace derate::fleet {

/// The worst first. faulty: wrong results, refusals, memory errors. different: not set up as the
/// others of its product. disturbed: slow, but others used it. not_judged: its group is too small.
enum class Verdict { faulty, slow, unstable, different, missing, disturbed, not_judged, healthy };
inline constexpr std::size_t kVerdicts = 8;

[[nodiscard]] std::string_view to_string(Verdict verdict);

/// A GPU, or a node of which something is missing.
struct Finding {
  std::string node;
  std::int64_t gpu = -1;  ///< as the driver counts; -1: the whole node
  std::string id;
  std::string product;
  std::string group;
  Verdict verdict = Verdict::healthy;
  std::string where;           ///< "compute", or the row by its name
  double slowdown = kUnknown;  ///< against the group's centre, of that part
  double sure = kUnknown;      ///< one less the expected share of false ones so slow
  std::string cause;           ///< in a few words: "heat: 84 °C, clock −6 %"
  std::string evidence;        ///< in sentences
  std::array<double, kParts> deviation = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  double between_rounds = kUnknown;
  double eta = kUnknown;              ///< of compute: mean over the rows with a peak
  double clock_deviation = kUnknown;  ///< logarithm, of compute, against the group
  double power_w = kUnknown;          ///< likewise: mean over the rows
  double temperature_c = kUnknown;    ///< the highest
};

/// What the slowest of so many GPUs delivers, relative to the group's median.
struct SlowestOf {
  std::size_t gpus = 0;
  double as_it_is = kUnknown;
  double after_draining = kUnknown;
};

struct JudgedGroup {
  Group group;
  GroupJudgement judgement;
  Part planned = Part::compute;  ///< what slowest_of is of
  std::vector<SlowestOf> slowest_of;
  std::vector<std::string> notes;
  std::vector<Estimate> usual;  ///< η elsewhere of each row, low and high alone; NaN: no reference
  std::vector<double> eta;      ///< median of each row
};

struct FleetVerdicts {
  std::vector<JudgedGroup> groups;
  std::vector<Finding> findings;  ///< every GPU, and nodes; by verdict, then by slowdown
  std::array<std::size_t, kVerdicts> counts = {};
  std::vector<std::string> notes;
  std::size_t nodes_measured = 0;
  std::size_t nodes_expected = 0;  ///< 0: not known
};

[[nodiscard]] FleetVerdicts judge_fleet(const FleetRecords& records, const References& references,
                                        const Asked& asked);

}  // namespace derate::fleet
