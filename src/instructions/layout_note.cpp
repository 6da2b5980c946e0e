// SPDX-License-Identifier: Apache-2.0
// Reads the programs once there is something to say of them, and compares each with the first.
#include "instructions/layout_note.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "instructions/benchmark_functions.h"
#include "instructions/same_instructions.h"

namespace derate {
namespace {

using instructions::Program;
using Programs = std::vector<std::unique_ptr<Program>>;

/// Those of all builds; none where one of them cannot be read.
Programs programs_of(const Builds& base, const Builds& candidate) {
  Programs programs;
  for (const Builds* const side : {&base, &candidate}) {
    for (const CommandTemplate& build : *side) {
      if (build.program().empty()) return {};
      programs.push_back(instructions::read_program(build.program()));
      if (programs.back() == nullptr) return {};
    }
  }
  return programs;
}

/// The functions of a benchmark that are the same in all programs.
std::vector<std::string> same_in_all(const Programs& programs, const std::string& benchmark) {
  std::vector<std::string> functions;
  for (std::size_t i = 1; i < programs.size(); ++i) {
    functions = instructions::same_functions(*programs.front(), *programs[i], benchmark);
    if (functions.empty()) break;
  }
  return functions;
}

/// "BM_hot", "BM_hot and hot" or "BM_hot and 7 more functions".
std::string names_of(const std::vector<std::string>& functions) {
  std::string first = instructions::short_name(functions.front());
  if (functions.size() == 1) return first;
  const std::string last = instructions::short_name(functions.back());
  if (functions.size() == 2 && last != first) return fmt::format("{} and {}", first, last);
  return fmt::format("{} and {} more function{}", first, functions.size() - 1,
                     functions.size() == 2 ? "" : "s");
}

std::string note_on(const std::vector<std::string>& functions, bool several_builds) {
  return fmt::format(
      "{} programs hold the same instructions in {}: the difference can come from where the code "
      "lies{}",
      several_builds ? "all" : "both", names_of(functions),
      several_builds ? "" : ", which one build a side cannot tell from the code");
}

bool has_changed(const Judgement& judgement) {
  return judgement.verdict == Verdict::regression || judgement.verdict == Verdict::improvement;
}

}  // namespace

void note_same_instructions(const Builds& base, const Builds& candidate, Comparison& comparison) {
  if (std::none_of(comparison.judgements.begin(), comparison.judgements.end(), has_changed)) return;
  const Programs programs = programs_of(base, candidate);
  if (programs.empty()) return;
  for (Judgement& judgement : comparison.judgements) {
    if (!has_changed(judgement)) continue;
    const std::vector<std::string> functions = same_in_all(programs, judgement.benchmark);
    if (functions.empty()) continue;
    judgement.reason += "; " + note_on(functions, programs.size() > 2);
  }
}

}  // namespace derate
