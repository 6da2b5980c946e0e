// SPDX-License-Identifier: Apache-2.0
// Names, order and counts of verdicts, and the exit code of a comparison.
#include "regression/verdict.h"

#include <algorithm>
#include <array>
#include <map>

namespace derate {
namespace {

constexpr std::array<std::string_view, 8> kVerdicts = {"regression",     "improvement", "unchanged",
                                                       "inconclusive",   "environment", "invalid",
                                                       "not comparable", "collecting"};

}  // namespace

std::string_view to_string(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

void sort_like(std::vector<Judgement>& judgements, std::span<const std::string> benchmarks) {
  std::map<std::string_view, std::size_t> places;
  for (const std::string& name : benchmarks) places.emplace(name, places.size());
  std::stable_sort(judgements.begin(), judgements.end(),
                   [&](const Judgement& a, const Judgement& b) {
                     return places.at(a.benchmark) < places.at(b.benchmark);
                   });
}

std::int64_t count(const Comparison& comparison, Verdict verdict) {
  return std::count_if(comparison.judgements.begin(), comparison.judgements.end(),
                       [&](const Judgement& judgement) { return judgement.verdict == verdict; });
}

ExitCode exit_code(const Comparison& comparison) {
  return exit_code(comparison,
                   std::array{Verdict::regression, Verdict::invalid, Verdict::not_comparable,
                              Verdict::environment, Verdict::inconclusive});
}

ExitCode exit_code(const Comparison& comparison, std::span<const Verdict> counting) {
  const auto has = [&](Verdict verdict) {
    const bool counts = std::find(counting.begin(), counting.end(), verdict) != counting.end();
    return counts && count(comparison, verdict) > 0;
  };
  // A gate that measured nothing has not passed.
  if (comparison.judgements.empty()) return ExitCode::invalid_input;
  if (has(Verdict::regression)) return ExitCode::regression;
  if (has(Verdict::invalid)) return ExitCode::invalid_input;
  if (has(Verdict::not_comparable)) return ExitCode::not_comparable;
  if (has(Verdict::environment) || has(Verdict::inconclusive)) return ExitCode::inconclusive;
  if (has(Verdict::collecting)) return ExitCode::inconclusive;
  return ExitCode::ok;
}

}  // namespace derate
