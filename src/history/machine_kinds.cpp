// SPDX-License-Identifier: Apache-2.0
// Each environment joins the first kind from which it does not differ by record/machine.h, and adds
// the facts that the kind did not know.
#include "history/machine_kinds.h"

#include <string>
#include <string_view>
#include <unordered_map>

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

/// The device's identity, by which kinds differ whatever else they have; empty where it is not
/// known, or says nothing of the kind, as a CPU's.
std::string_view telling_id(const Environment& environment) {
  if (environment.value("backend") == "host") return {};
  return environment.value("device_id");
}

/// Kinds in the order in which they appeared. Those of one identity are found without a look at the
/// others: a fleet has thousands.
class Kinds {
 public:
  std::size_t kind_of(const Environment& environment) {
    const std::string id(telling_id(environment));
    std::size_t found = kinds_.size();
    const auto look_at = [&](std::size_t kind) {
      if (kind < found && machine_differences(kinds_[kind], environment).empty()) found = kind;
    };
    if (id.empty()) {
      for (std::size_t kind = 0; kind < kinds_.size(); ++kind) look_at(kind);
    } else {
      for (const std::size_t kind : by_id_[id]) look_at(kind);
      for (const std::size_t kind : by_id_[""]) look_at(kind);
    }
    if (found == kinds_.size()) {
      kinds_.push_back(environment);
      by_id_[id].push_back(found);
    } else {
      add_facts(environment, found);
    }
    return found;
  }

 private:
  void add_facts(const Environment& environment, std::size_t kind) {
    const std::string before(telling_id(kinds_[kind]));
    add_unknown_facts(environment, kinds_[kind]);
    const std::string after(telling_id(kinds_[kind]));
    if (before == after) return;
    std::erase(by_id_[before], kind);
    by_id_[after].push_back(kind);
  }

  std::vector<Environment> kinds_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_;  ///< "": not known
};

}  // namespace

std::vector<std::size_t> machine_kinds(std::span<const Environment> environments) {
  Kinds kinds;
  std::vector<std::size_t> of_each;
  for (const Environment& environment : environments) {
    of_each.push_back(kinds.kind_of(environment));
  }
  return of_each;
}

}  // namespace derate::history
