// SPDX-License-Identifier: Apache-2.0
// Busy time of the CPUs from /proc/stat, steal time included, less the process's own from
// getrusage().
#include "backend/host/contention.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <sstream>
#include <string>

#include "backend/host/files.h"
#include "base/machine_load.h"

namespace derate::host {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

double busy_seconds(std::string_view proc_stat, const std::vector<int>& cpus, double ticks_per_s) {
  std::istringstream lines{std::string(proc_stat)};
  double ticks = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    const bool wanted = std::any_of(cpus.begin(), cpus.end(),
                                    [&](int cpu) { return name == "cpu" + std::to_string(cpu); });
    if (!wanted) continue;
    const CpuTicks values = cpu_ticks_of(words);
    ticks += values[0] + values[1] + values[2] + values[5] + values[6] + values[7];
  }
  return ticks / ticks_per_s;
}

CpuTime read_cpu_time(const std::vector<int>& cpus) {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {.busy_s = busy_seconds(read_file("/proc/stat"), cpus,
                                 static_cast<double>(sysconf(_SC_CLK_TCK))),
          .own_s = seconds(own.ru_utime) + seconds(own.ru_stime),
          .wall_s = std::chrono::duration<double>(now).count()};
}

double run_delay_s(std::string_view schedstat) {
  // Nanoseconds on a CPU, nanoseconds waiting for one, and how often it was given one.
  std::istringstream words{std::string(schedstat)};
  double on_cpu_ns = 0;
  double waiting_ns = 0;
  if (!(words >> on_cpu_ns >> waiting_ns)) return std::numeric_limits<double>::quiet_NaN();
  return 1e-9 * waiting_ns;
}

RunDelays::RunDelays(ThreadPool& pool) {
  std::vector<pid_t> threads(static_cast<std::size_t>(pool.size()));
  pool.run([&](int thread) { threads[static_cast<std::size_t>(thread)] = ::gettid(); });
  for (const pid_t thread : threads) {
    const std::string path = "/proc/self/task/" + std::to_string(thread) + "/schedstat";
    files_.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
}

std::vector<double> RunDelays::read() const {
  std::vector<double> delays_s;
  for (const Descriptor& file : files_) {
    std::array<char, 128> text{};
    const ssize_t size = ::pread(file.number, text.data(), text.size(), 0);
    delays_s.push_back(
        run_delay_s({text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))}));
  }
  return delays_s;
}

double others_share(const CpuTime& before, const CpuTime& after, std::size_t cpus) {
  const double available_s = (after.wall_s - before.wall_s) * static_cast<double>(cpus);
  // The kernel counts in ticks of 10 ms: a shorter stretch says nothing.
  constexpr double kShortest_s = 0.05;
  if (available_s < kShortest_s) return std::numeric_limits<double>::quiet_NaN();
  const double others_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s);
  // Not cut off at 0: the ticks' error must cancel out over several rounds.
  return std::clamp(others_s / available_s, -1.0, 1.0);
}

}  // namespace derate::host
