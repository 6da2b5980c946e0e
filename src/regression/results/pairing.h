// SPDX-License-Identifier: Apache-2.0
// From pairs of processes to series of paired times: which benchmarks can be judged, and what is
// to be said of the others.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "regression/gate/gate.h"
#include "regression/results/benchmark_result.h"

namespace derate {

/// What one process of a pair said.
struct MeasuredProcess {
  ProcessReport report;
  std::string failure;  ///< why it may lack benchmarks; empty for a process that went well
};

struct MeasuredPair {
  int number = 0;  ///< counted from 0
  MeasuredProcess base;
  MeasuredProcess candidate;
  int base_build = 0;  ///< counted from 1; 0 where the side has one alone
  int candidate_build = 0;
};

struct PairingInput {
  std::span<const MeasuredPair> screen;
  std::span<const MeasuredPair> confirm;
  std::set<std::string> confirmed;  ///< the benchmarks that `confirm` is of
  bool force = false;               ///< compare although hard facts, units or amounts differ
  bool same_program = false;        ///< both sides run the same program in the same way
};

/// A benchmark that can be judged.
struct PairedBenchmark {
  PairSeries series;
  std::string base_filter;  ///< BenchmarkResult::filter_name of each side
  std::string candidate_filter;
  std::string held_down;  ///< what held the clock down on one side only, as a sentence; or empty
  double base_wall_s = kUnknown;  ///< as in Judgement
  double candidate_wall_s = kUnknown;
  double amount = kUnknown;
  std::string amount_unit;
};

struct Pairing {
  std::vector<PairedBenchmark> benchmarks;
  std::vector<Judgement> settled;  ///< invalid, not comparable or environment, whatever the times
  std::vector<std::string> order;  ///< every benchmark of both, as the first process states them
  std::vector<std::string> notes;
  Environment environment;                         ///< of the base
  std::vector<EnvironmentDifference> differences;  ///< of the candidate from it
  bool forced = false;  ///< some of `benchmarks` are compared only because of PairingInput::force
};

[[nodiscard]] Pairing pair_up(const PairingInput& input);

}  // namespace derate
