// SPDX-License-Identifier: Apache-2.0
// The differences of two environments that tell of the machine's state.
#include "history/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "record/machine.h"

namespace derate::history {
namespace {

const Environment& environment_at(const SeriesSet& set, const Points& points, std::size_t at) {
  return set.environments.at(points.values[at]->environment);
}

/// Whether a fact had one value in the sessions up to `before`, and has another one since `at`.
bool moved_for_good(const SeriesSet& set, const Points& points, std::size_t before, std::size_t at,
                    const std::string& name) {
  constexpr std::size_t kStayed = 3;
  constexpr std::size_t kHasStayed = 2;
  if (before + 1 < kStayed || at + kHasStayed > points.values.size()) return false;
  const auto is_same = [&](std::size_t first, std::size_t count) {
    const std::string_view value = environment_at(set, points, first).value(name);
    for (std::size_t each = first; each < first + count; ++each) {
      if (environment_at(set, points, each).value(name) != value) return false;
    }
    return true;
  };
  return is_same(before + 1 - kStayed, kStayed) && is_same(at, kHasStayed);
}

}  // namespace

Events events_between(const SeriesSet& set, const Points& points, std::size_t before,
                      std::size_t at) {
  constexpr std::array<std::string_view, 2> kHosts = {"host_id", "host_name"};
  Events events;
  const auto all =
      differences(environment_at(set, points, before), environment_at(set, points, at));
  for (const EnvironmentDifference& each : all) {
    const bool is_host = std::find(kHosts.begin(), kHosts.end(), each.name) != kHosts.end();
    if (each.name == "boot_id") events.booted = true;
    if (is_machine_state(each.name) ||
        (is_host && moved_for_good(set, points, before, at, each.name))) {
      events.facts.push_back(each);
    }
  }
  return events;
}

std::string describe(const Events& events) {
  std::string text;
  for (const EnvironmentDifference& fact : events.facts) {
    text += fmt::format("{}{} {}from {} to {}", text.empty() ? "" : " and ", fact.name,
                        text.empty() ? "went " : "", fact.base, fact.candidate);
  }
  if (events.booted)
    text += text.empty() ? "the machine was booted" : ", and the machine was booted";
  return text;
}

}  // namespace derate::history
