// SPDX-License-Identifier: Apache-2.0
// Gates drawn from recorded processes of one program (scripts/record_noise): a circular block
// bootstrap, which keeps the order within a block, so that neighbours stay neighbours and what
// drifts on the real machine drifts here.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "statistics/simulation.h"

namespace derate::test {

struct RecordedProcess {
  std::vector<double> time_s;
  std::vector<double> clock_hz;  ///< NaN where not known
};

struct Recorded {
  std::vector<std::string> benchmarks;
  std::vector<RecordedProcess> processes;  ///< in the order in which they ran; whole ones only
};

/// Reads process,benchmark,time_s,clock_hz; empty when there is no such file.
inline Recorded read_recorded(const std::filesystem::path& path) {
  Recorded recorded;
  std::map<std::string, std::size_t> index;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // the header
  std::string last;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string process;
    std::string benchmark;
    std::string time;
    std::string clock;
    std::getline(fields, process, ',');
    std::getline(fields, benchmark, ',');
    std::getline(fields, time, ',');
    std::getline(fields, clock, ',');
    if (index.try_emplace(benchmark, index.size()).second) recorded.benchmarks.push_back(benchmark);
    if (process != last) recorded.processes.emplace_back();
    last = process;
    recorded.processes.back().time_s.push_back(std::stod(time));
    recorded.processes.back().clock_hz.push_back(clock.empty() ? kUnknown : std::stod(clock));
  }
  std::erase_if(recorded.processes, [&](const RecordedProcess& process) {
    return process.time_s.size() != recorded.benchmarks.size();
  });
  return recorded;
}

/// Draws processes in blocks of neighbours from a random place on, round the end to the start. No
/// process is drawn twice for as long as another can be: a gate that met the same pair of processes
/// twice would take it for two, and be surer than any real gate can be.
class Bootstrap {
 public:
  Bootstrap(const Recorded& recorded, int block, Rng& rng)
      : recorded_(recorded), block_(block), rng_(rng) {}

  const RecordedProcess& next() {
    const std::size_t count = recorded_.processes.size();
    if (left_ == 0) {
      at_ = free_block();
      left_ = block_;
    }
    --left_;
    return recorded_.processes[at_++ % count];
  }

 private:
  [[nodiscard]] bool is_free(std::size_t at) const {
    const std::size_t count = recorded_.processes.size();
    return std::all_of(begun_.begin(), begun_.end(), [&](std::size_t other) {
      const std::size_t apart = (at + count - other) % count;
      return std::min(apart, count - apart) >= static_cast<std::size_t>(block_);
    });
  }

  /// Where a block begins that overlaps none so far; of all started over when none is left.
  std::size_t free_block() {
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < recorded_.processes.size(); ++at) {
      if (is_free(at)) places.push_back(at);
    }
    if (places.empty()) {
      begun_.clear();
      return free_block();
    }
    begun_.push_back(
        places[std::uniform_int_distribution<std::size_t>(0, places.size() - 1)(rng_)]);
    return begun_.back();
  }

  const Recorded& recorded_;
  int block_;
  Rng& rng_;
  std::vector<std::size_t> begun_;
  std::size_t at_ = 0;
  int left_ = 0;
};

/// `gates` gates of the same program on both sides, of which the candidate's times of one benchmark
/// (each in turn) are multiplied by 1 + slowdown.
inline Tally replay(const GatePlan& plan, const Recorded& recorded, int gates, double slowdown,
                    std::uint64_t seed, int block = 10, int only = -1) {
  Rng rng(seed);
  Tally tally;
  const auto benchmarks = static_cast<int>(recorded.benchmarks.size());
  for (int gate = 0; gate < gates; ++gate) {
    Bootstrap processes(recorded, block, rng);
    // Turned so that the slowed benchmark is the first, which count_gate() looks at.
    const auto first = static_cast<std::size_t>(only >= 0 ? only : gate % benchmarks);
    const RunPair run = [&](bool swapped, const std::vector<std::size_t>& which,
                            std::vector<TimePair>& times) {
      for (const bool candidate : {swapped, !swapped}) {
        const RecordedProcess& process = processes.next();
        for (const std::size_t b : which) {
          const std::size_t from = (b + first) % process.time_s.size();
          const double factor = candidate && b == 0 ? 1 + slowdown : 1;
          (candidate ? times[b].candidate_s : times[b].base_s) = process.time_s[from] * factor;
          (candidate ? times[b].candidate_hz : times[b].base_hz) = process.clock_hz[from];
        }
      }
    };
    count_gate(tally, plan, run_gate(plan, benchmarks, rng(), run), slowdown);
  }
  return tally;
}

}  // namespace derate::test
