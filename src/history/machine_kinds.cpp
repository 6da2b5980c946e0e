// SPDX-License-Identifier: Apache-2.0
// Each environment joins the first kind from which it does not differ by record/machine.h, and adds
// the facts that the kind did not know.
#include "history/machine_kinds.h"

#include <algorithm>

#include "record/machine.h"

namespace derate::history {
namespace {

void add_unknown_facts(const Environment& from, Environment& kind) {
  for (const EnvironmentFact& fact : from.facts) {
    if (fact.value.empty() || !kind.value(fact.name).empty()) continue;
    std::erase_if(kind.facts, [&](const EnvironmentFact& each) { return each.name == fact.name; });
    kind.facts.push_back(fact);
  }
}

}  // namespace

std::vector<std::size_t> machine_kinds(std::span<const Environment> environments) {
  std::vector<Environment> kinds;
  std::vector<std::size_t> of_each;
  for (const Environment& environment : environments) {
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Environment& each) {
      return machine_differences(each, environment).empty();
    });
    of_each.push_back(static_cast<std::size_t>(kind - kinds.begin()));
    if (kind == kinds.end()) {
      kinds.push_back(environment);
    } else {
      add_unknown_facts(environment, *kind);
    }
  }
  return of_each;
}

}  // namespace derate::history
