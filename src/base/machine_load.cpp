// SPDX-License-Identifier: Apache-2.0
// Steal time in ticks between two looks at the line "cpu" of /proc/stat; a core is a line "cpuN".
#include "base/machine_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <thread>

namespace derate {
namespace {

struct Stat {
  CpuTicks all{};
  int cores = 0;
};

Stat stat_of(std::string_view text) {
  Stat stat;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "cpu") {
      stat.all = cpu_ticks_of(words);
    } else if (name.starts_with("cpu") && name.size() > 3) {
      ++stat.cores;
    }
  }
  return stat;
}

std::string text_of(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

CpuTicks cpu_ticks_of(std::istream& words) {
  CpuTicks ticks{};
  for (double& each : ticks) {
    words >> each;
    each = std::max(0.0, each);
  }
  return ticks;
}

MachineLoad machine_load_of(std::string_view stat_before, std::string_view stat_after,
                            std::string_view loadavg) {
  const Stat before = stat_of(stat_before);
  const Stat after = stat_of(stat_after);
  const auto sum = [](const CpuTicks& ticks) {
    return std::accumulate(ticks.begin(), ticks.end(), 0.0);
  };
  MachineLoad load;
  load.cores = after.cores;
  const double passed = sum(after.all) - sum(before.all);
  if (passed > 0) load.stolen_share = (after.all.back() - before.all.back()) / passed;
  std::istringstream averages{std::string(loadavg)};
  if (!(averages >> load.load)) load.load = kUnknown;
  return load;
}

MachineLoad look_at_machine() {
  const std::string before = text_of("/proc/stat");
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return machine_load_of(before, text_of("/proc/stat"), text_of("/proc/loadavg"));
}

std::string why_unsteady(const MachineLoad& load) {
  constexpr double kStolen = 0.01;    // as much as the smallest effect of a gate
  constexpr double kFreeCores = 0.5;  // less, and the benchmark shares its core
  if (load.stolen_share >= kStolen) {
    return fmt::format("{:.1f} % of the CPUs' time was stolen", 100 * load.stolen_share);
  }
  if (load.cores > 0 && load.cores - load.load < kFreeCores) {
    return fmt::format("a load of {:.1f} on {} core{}", load.load, load.cores,
                       load.cores == 1 ? "" : "s");
  }
  return "";
}

}  // namespace derate
