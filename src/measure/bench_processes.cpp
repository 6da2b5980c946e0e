// SPDX-License-Identifier: Apache-2.0
// Starts the programs with a pair of pipes each and releases all of them from the barrier once
// every one that still runs has arrived.
#include "measure/bench_processes.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "base/pipe.h"
#include "base/signals.h"
#include "derate/error.h"

namespace derate {
namespace {

/// A running program and its side of the barrier.
struct Participant {
  Pipe arrivals;    // the program writes
  Pipe departures;  // the program reads
  bool has_arrived = false;
  bool has_ended = false;
  std::unique_ptr<Process> process;

  [[nodiscard]] std::string flag() const {
    return fmt::format("--derate_barrier={},{}", departures.read_end(), arrivals.write_end());
  }
};
using Participants = std::vector<std::unique_ptr<Participant>>;

std::unique_ptr<Participant> start(const std::filesystem::path& program,
                                   std::vector<std::string> arguments, bool has_others) {
  auto started = std::make_unique<Participant>();
  Launch launch;
  launch.program = program;
  launch.arguments = std::move(arguments);
  if (has_others) {
    launch.arguments.push_back(started->flag());
    launch.kept_open = {started->departures.read_end(), started->arrivals.write_end()};
  }
  started->process = std::make_unique<Process>(launch);
  return started;
}

/// Takes in who has arrived and who has ended; waits until there is something to take in.
void take_in(const Participants& all) {
  std::vector<pollfd> watched;
  for (const auto& each : all) {
    watched.push_back({each->has_ended ? -1 : each->arrivals.read_end(), POLLIN, 0});
  }
  if (::poll(watched.data(), watched.size(), -1) < 0) return;  // a signal: look again
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (watched[i].revents == 0) continue;
    char byte = 0;
    const ssize_t got = ::read(all[i]->arrivals.read_end(), &byte, 1);
    if (got == 1) all[i]->has_arrived = true;
    if (got == 0) all[i]->has_ended = true;
  }
}

/// Lets the programs pass the barrier together, again and again, until all of them have ended.
void serve_barrier(const Participants& all) {
  const auto each = [&](const auto& is) { return std::all_of(all.begin(), all.end(), is); };
  while (!each([](const auto& one) { return one->has_ended; })) {
    take_in(all);
    if (!each([](const auto& one) { return one->has_ended || one->has_arrived; })) continue;
    for (const auto& one : all) {
      if (std::exchange(one->has_arrived, false) && !one->has_ended) {
        // One that ended reads nothing.
        static_cast<void>(::write(one->departures.write_end(), "g", 1));
      }
    }
  }
}

}  // namespace

std::vector<ProcessEnd> run_benches(const std::filesystem::path& program,
                                    const std::vector<std::vector<std::string>>& arguments) {
  if (arguments.size() > kMostChildren) {
    throw Error(ExitCode::usage, fmt::format("at most {} devices can be measured at once, not {}",
                                             kMostChildren, arguments.size()));
  }
  ProcessEnd not_started;
  not_started.exit_code = static_cast<int>(ExitCode::interrupted);
  Participants all;
  const bool several = arguments.size() > 1;
  for (const auto& each : arguments) {
    if (SignalsNoted::received()) break;  // those that run got it; no other is started
    all.push_back(start(program, each, several));
  }
  for (const auto& each : all) {
    each->arrivals.close_write_end();  // ours: its end then shows that the program has ended
    each->departures.close_read_end();
  }
  if (several) serve_barrier(all);
  std::vector<ProcessEnd> ends;
  for (const auto& each : all) ends.push_back(each->process->wait());
  ends.resize(arguments.size(), not_started);
  return ends;
}

std::filesystem::path default_bench() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) {
    throw Error(ExitCode::invalid_input,
                fmt::format("cannot read /proc/self/exe: {}; name derate_bench with --bench",
                            failed.message()));
  }
  return self.parent_path() / "derate_bench";
}

}  // namespace derate
