// SPDX-License-Identifier: Apache-2.0
// What a comparison says of each benchmark, and of all of them. Made by gate, compare and track;
// every output (terminal, Markdown, JUnit, ...) is made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/error.h"
#include "derate/record.h"
#include "derate/statistics.h"
#include "record/environment.h"
#include "regression/metric.h"

namespace derate {

enum class Verdict {
  regression,      ///< slower, confirmed on fresh data, by at least the plan's smallest effect
  improvement,     ///< the same the other way
  unchanged,       ///< shown to lie within the equivalence margin
  inconclusive,    ///< neither; Judgement::detectable says what could have been seen
  environment,     ///< the clock, the power limit or the driver changed, not the code
  invalid,         ///< a side failed, is wrong, or lacks the benchmark
  not_comparable,  ///< another device, problem, unit or build type
  collecting,      ///< the first sessions of a series, which have no level to be judged by
};

[[nodiscard]] std::string_view to_string(Verdict verdict);

/// One benchmark. Changes are candidate ÷ base − 1 in time: positive is slower.
struct Judgement {
  std::string benchmark;  ///< BenchmarkResult::name()
  Verdict verdict = Verdict::inconclusive;
  std::string reason;                                            ///< one sentence, for people
  Estimate change = {kUnknown, {kUnknown, kUnknown, 0}};         ///< in time; 95 % interval
  Estimate change_cycles = {kUnknown, {kUnknown, kUnknown, 0}};  ///< in time × clock
  double p_slower = kUnknown;    ///< one-sided p-value of the stage that decided
  double detectable = kUnknown;  ///< smallest slowdown that would be seen with the plan's power
  double pair_sd = kUnknown;     ///< standard deviation of one pair's log ratio
  std::int64_t pairs = 0;        ///< of the stage that decided (compare: processes a side)
  bool confirmed = false;        ///< whether stage 2 decided
  bool same_code = false;        ///< both sides ran the same machine code
  double base_s = kUnknown;      ///< median time of one launch, over the processes
  double candidate_s = kUnknown;
  double base_wall_s = kUnknown;  ///< wall times, where the others are CPU times
  double candidate_wall_s = kUnknown;
  double amount = kUnknown;  ///< as in BenchmarkResult; amount ÷ time is the rate
  std::string amount_unit;
};

/// Puts judgements into the order in which `benchmarks` names all of theirs.
void sort_like(std::vector<Judgement>& judgements, std::span<const std::string> benchmarks);

/// A whole comparison.
struct Comparison {
  std::string command;    ///< "gate", "compare" or "track"
  std::string base;       ///< command, file or label of what is compared with
  std::string candidate;  ///< and of what is compared
  Metric metric = Metric::real_time;
  std::string began_utc;
  double duration_s = 0;
  double promise = 0.02;        ///< the slowdown that must be detected
  double family_error = 0.001;  ///< probability of any false alarm
  std::vector<Judgement> judgements;
  Environment environment;                         ///< of the base
  std::vector<EnvironmentDifference> differences;  ///< of the candidate from it
  bool forced = false;                             ///< compared although hard facts differ
  std::vector<std::string> notes;                  ///< sentences for the reader
};

[[nodiscard]] std::int64_t count(const Comparison& comparison, Verdict verdict);

/// The worst of what was found: regression 1, invalid 5, not comparable 3, environment and
/// inconclusive 4, in this order; 0 for improvements, what is unchanged and what is collecting; 5
/// when nothing at all was compared.
[[nodiscard]] ExitCode exit_code(const Comparison& comparison);

/// The same where only these verdicts count; nothing at all is 5 whatever counts.
[[nodiscard]] ExitCode exit_code(const Comparison& comparison, std::span<const Verdict> counting);

}  // namespace derate
