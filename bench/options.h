// SPDX-License-Identifier: Apache-2.0
// The command line of derate_bench: Google Benchmark's flags and our own --derate_* ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/sampler.h"
#include "process_barrier.h"
#include "progress.h"
#include "suites.h"
#include "watch_message.h"

namespace derate::bench {

struct Options {
  Suite suite = Suite::quick;
  std::vector<std::string> devices = {"auto"};  ///< selectors: auto, all, host, cuda, cuda:1, ...
  std::string out;                              ///< records are appended here; empty: nowhere
  std::string run;                              ///< name of the run in every record
  bool resume = false;                          ///< skip the rounds that `out` already holds
  bool quiet = false;                           ///< no progress
  bool side_by_side = false;                    ///< own code and libraries, interleaved
  bool stages = false;                          ///< each with its stages, interleaved
  bool allow_empty = false;                     ///< nothing to measure is no error
  bool lists = false;                           ///< --benchmark_list_tests: nothing is measured
  bool tunes = false;                           ///< --derate_tune: makes a tuning table
  std::string tune_to;                          ///< the file it is kept in; empty: the user's own
  std::string tuning;                           ///< file to take it from; empty: the user's own
  int parent = 0;                               ///< process that waits for us; 0: none
  Watched watched;                              ///< by the process that started this one
  std::string failed;                           ///< "NAME REASON" of a row that ended the last one
  std::optional<double> row_limit_s;            ///< in which a row counts as hung; empty: usual
  Part part;                                    ///< of several processes, for the progress
  int repetitions = 1;                          ///< as --benchmark_repetitions says
  int devices_at_once = 1;                      ///< that are under load meanwhile
  ProcessBarrier barrier;                       ///< with the processes that load the others
  std::optional<DataPattern> data;              ///< for every workload; empty: what each asks for
  std::optional<Problem> problem;               ///< the size of a product, in place of the suite's
  Plan plan;
};

/// Hands --benchmark_* to Google Benchmark and reads the rest. Throws Error(usage). Prints help and
/// ends the program for --help.
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace derate::bench
