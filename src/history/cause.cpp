// SPDX-License-Identifier: Apache-2.0
// Attributes a change to the environment where the machine code is the same, the clock explains the
// change, or a fact of the machine changed and the code is not known to have.
#include "history/cause.h"

#include <fmt/format.h>

#include <cmath>

#include "base/units.h"

namespace derate::history {

std::vector<EnvironmentDifference> events_between(const Environment& before,
                                                  const Environment& after) {
  std::vector<EnvironmentDifference> events = differences(before, after);
  std::erase_if(events, [](const EnvironmentDifference& event) { return !is_drift(event.name); });
  return events;
}

std::string describe(const std::vector<EnvironmentDifference>& events) {
  std::string text;
  for (const EnvironmentDifference& event : events) {
    text += fmt::format("{}{} {}from {} to {}", text.empty() ? "" : " and ", event.name,
                        text.empty() ? "went " : "", event.base, event.candidate);
  }
  return text;
}

Cause cause_of(const SeriesSet& set, const Points& points, std::size_t before, std::size_t at,
               double change) {
  const SessionValue& old = *points.values[before];
  const SessionValue& fresh = *points.values[at];
  Cause cause;
  cause.same_code = !old.code_hash.empty() && old.code_hash == fresh.code_hash;
  cause.events =
      events_between(set.environments.at(old.environment), set.environments.at(fresh.environment));
  // Of the two sessions alone: the clocks of others may not be known.
  const double clock = std::log(fresh.clock_hz / old.clock_hz);
  cause.cycles = change + clock;
  const bool by_clock =
      std::abs(clock) > std::abs(change) / 2 && std::abs(cause.cycles) < std::abs(change) / 3;
  const bool new_code = !old.code_hash.empty() && !fresh.code_hash.empty() && !cause.same_code;
  cause.environment = cause.same_code || by_clock || (!cause.events.empty() && !new_code);
  if (!cause.events.empty()) cause.text += ", where " + describe(cause.events);
  if (by_clock) {
    cause.text += fmt::format(", with a clock of {} after {}", format_frequency(fresh.clock_hz),
                              format_frequency(old.clock_hz));
  }
  if (cause.same_code) cause.text += "; the machine code is the same as before";
  if (new_code) cause.text += "; the machine code is another";
  return cause;
}

}  // namespace derate::history
