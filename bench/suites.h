// SPDX-License-Identifier: Apache-2.0
// What a suite measures: which sizes of which workloads, by which plan, and how long that takes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "derate/record.h"
#include "derate/workload.h"
#include "measure/sampler.h"

namespace derate::bench {

/// The usual sizes in a burst; more of them; the largest of them, sustained; or the shapes that
/// programs ask for.
enum class Suite { quick, full, sustained, shapes };

/// The sizes of a workload that a suite covers.
[[nodiscard]] std::vector<Problem> covered(const Workload& workload, const Device& device,
                                           Suite suite);

/// Why the device cannot run this at all, or not in this size; empty when it can.
[[nodiscard]] std::optional<std::string> why_not(const Workload& workload, const Problem& problem,
                                                 const Device& device);

/// The plan of a suite, in the mode that the user set or else the suite's own. A burst in the quick
/// suite samples half as long as in the others: what moves a row's interval is what moves between
/// its rounds.
/// Five rounds of 41 rows on a busy virtual machine, cut to 0.15 s afterwards, had a median
/// half-width of 19.5 % instead of 19.2 %.
[[nodiscard]] Plan plan_of(Suite suite, std::optional<Mode> mode);

/// `plan` for a workload on a device: its data, its cache policy, and for throughput on a share of
/// a core samples over some of the kernel's periods of 0.1 s, in which it gives all of the core for
/// a part.
[[nodiscard]] Plan plan_for(Plan plan, const Workload& workload, const Device& device,
                            DataPattern data);

struct Range {
  double least = 0;
  double most = 0;
};

/// Of warm-up and samples, for launches that are shorter than a sample.
[[nodiscard]] Range time_of_a_round_s(const Plan& plan);

inline constexpr double kShortestLimit_s = 60;

/// After which a round counts as hung, if the user does not say: twenty times what is announced of
/// it, and what its launches take on top at a hundredth of their peak; kShortestLimit_s at least.
/// The round fills `records`, several where variants are measured side by side.
[[nodiscard]] double limit_of_a_round_s(const Plan& plan, std::span<const Record> records);

}  // namespace derate::bench
