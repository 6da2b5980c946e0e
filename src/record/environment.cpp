// SPDX-License-Identifier: Apache-2.0
// The facts of a record, hard ones (which must agree) and soft ones, their fingerprint and
// differences.
#include "record/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "derate/device.h"

namespace derate {
namespace {

const EnvironmentFact* find(const Environment& environment, std::string_view name) {
  const auto& facts = environment.facts;
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const EnvironmentFact& fact) { return fact.name == name; });
  return found == facts.end() ? nullptr : &*found;
}

std::string text(double value) { return std::isnan(value) ? "" : fmt::format("{:g}", value); }

/// Empty for none, which is what is not known.
std::string text_of_count(double value) { return value > 0 ? text(value) : ""; }

}  // namespace

std::string_view Environment::value(std::string_view name) const {
  const EnvironmentFact* const fact = find(*this, name);
  return fact == nullptr ? std::string_view() : fact->value;
}

std::string Environment::fingerprint() const {
  std::string hard;
  for (const EnvironmentFact& fact : facts) {
    if (fact.hard) hard += fmt::format("{}={}\n", fact.name, fact.value);
  }
  return hash_text(hard);
}

std::vector<EnvironmentDifference> differences(const Environment& base,
                                               const Environment& candidate) {
  std::vector<EnvironmentDifference> found;
  std::unordered_map<std::string_view, const EnvironmentFact*> by_name;
  const auto other_of = [&](std::size_t place) -> const EnvironmentFact* {
    // Mostly both have the same facts in the same order.
    const std::string& name = base.facts[place].name;
    const auto& others = candidate.facts;
    if (place < others.size() && others[place].name == name) return &others[place];
    if (by_name.empty()) {
      for (const EnvironmentFact& other : others) by_name.try_emplace(other.name, &other);
    }
    const auto other = by_name.find(name);
    return other == by_name.end() ? nullptr : other->second;
  };
  for (std::size_t i = 0; i < base.facts.size(); ++i) {
    const EnvironmentFact& fact = base.facts[i];
    const EnvironmentFact* const other = other_of(i);
    if (other == nullptr || fact.value.empty() || other->value.empty()) continue;
    if (fact.value != other->value) {
      found.push_back({fact.name, fact.value, other->value, fact.hard || other->hard});
    }
  }
  return found;
}

Environment environment_of(const Record& record) {
  constexpr bool kHard = true;
  constexpr bool kSoft = false;
  // That of a CPU holds the installation's, which containers and fresh VMs make anew.
  const bool is_hard_id = record.backend != "host";
  return {{{"backend", record.backend, kHard},
           {"device_name", record.device_name, kHard},
           {"device_architecture", record.device_architecture, kHard},
           {"device_id", record.device_id, is_hard_id},
           {"compute_units", text_of_count(record.compute_units), kHard},
           {"driver_version", record.driver_version, kHard},
           {"runtime_version", record.runtime_version, kHard},
           {"power_cap_w", text(record.power_cap_w), kHard},
           {"build_type", record.build_type, kHard},
           {"devices_at_once", text(static_cast<double>(record.devices_at_once)), kHard},
           {"library", record.library, kSoft},
           {"clock_specified_hz", text(record.clock_specified_hz), kSoft},
           {"clock_maximum_hz", text(record.clock_maximum_hz), kSoft},
           {"last_level_cache_bytes", text_of_count(record.last_level_cache_bytes), kSoft},
           {"host_id", record.host_id, kSoft},
           {"boot_id", record.boot_id, kSoft},
           {"tool_version", record.tool_version, kSoft},
           {"tool_commit", record.tool_commit, kSoft},
           {"program_id", record.program_id, kSoft}}};
}

}  // namespace derate
