// SPDX-License-Identifier: Apache-2.0
// Whether a program that runs on one core gets a whole one: what a hypervisor takes and how many
// others run, from /proc/stat and /proc/loadavg.
#pragma once

#include <array>
#include <istream>
#include <string>
#include <string_view>

#include "derate/statistics.h"

namespace derate {

/// user nice system idle iowait irq softirq steal; guest time is in user already.
using CpuTicks = std::array<double, 8>;

/// What is left of a line of /proc/stat behind its name. A container may show anything in the
/// file's place, so that what is below 0 or missing is 0.
[[nodiscard]] CpuTicks cpu_ticks_of(std::istream& words);

struct MachineLoad {
  double stolen_share = kUnknown;  ///< of the CPUs' time while it was looked at
  double load = kUnknown;          ///< average number of runnable threads over the last minute
  int cores = 0;
};

/// Of two texts of /proc/stat, some time apart, and one of /proc/loadavg; what they do not say is
/// not known.
[[nodiscard]] MachineLoad machine_load_of(std::string_view stat_before, std::string_view stat_after,
                                          std::string_view loadavg);

/// Looks for a second.
[[nodiscard]] MachineLoad look_at_machine();

/// Why wall time is unsteady on such a machine, as "3.0 % of the CPUs' time was stolen"; empty
/// where nothing is known against it.
[[nodiscard]] std::string why_unsteady(const MachineLoad& load);

}  // namespace derate
