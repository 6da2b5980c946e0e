// SPDX-License-Identifier: Apache-2.0
// Judges every series of the newest session at a level divided among them, and notes changes that
// many benchmarks share, missing benchmarks and acceptances.
#include "history/track.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "derate/error.h"
#include "history/cause.h"
#include "history/levels.h"
#include "history/series_judge.h"
#include "record/machine.h"

namespace derate::history {
namespace {

bool is_judged(const Series& series, std::int64_t session) {
  return series.values.back().session == session;
}

std::string name_of(const Session& session) {
  if (session.facts.label.empty()) return fmt::format("session {}", session.id);
  return fmt::format("session {} ({})", session.id, session.facts.label);
}

/// What tells a machine from others: its device's name, where that differs; else every fact that
/// does.
std::string told_apart(const Environment& environment,
                       const std::vector<const Environment*>& others) {
  const auto is_twin = [&](const Environment* other) {
    return other != &environment && other->value("device_name") == environment.value("device_name");
  };
  std::string text(environment.value("device_name"));
  if (!text.empty() && std::none_of(others.begin(), others.end(), is_twin)) return text;
  std::set<std::string> told = {"device_name"};
  for (const Environment* other : others) {
    for (const EnvironmentDifference& each : machine_differences(environment, *other)) {
      if (!told.insert(each.name).second) continue;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", each.name, each.base);
    }
  }
  return text;
}

/// Several devices in one session, where their benchmarks have the same name.
void name_devices(const SeriesSet& set, const std::vector<const Series*>& judged,
                  std::vector<Finding>& findings) {
  std::set<std::string_view> names;
  for (const Series* series : judged) names.insert(series->benchmark);
  if (names.size() == judged.size()) return;
  std::map<std::string, const Environment*> devices;  // one for each identity
  for (const Series* series : judged) {
    devices.emplace(series->identity, &set.environments.at(series->values.back().environment));
  }
  if (devices.size() < 2) return;
  std::vector<const Environment*> all;
  for (const auto& [identity, environment] : devices) all.push_back(environment);
  for (std::size_t at = 0; at < findings.size(); ++at) {
    findings[at].judgement.benchmark += " @ " + told_apart(*devices.at(judged[at]->identity), all);
  }
}

/// "12 of 14 benchmarks changed with session 41, where ..."
void note_common_changes(const std::vector<const Series*>& judged,
                         const std::vector<Finding>& findings, Comparison& comparison) {
  struct Group {
    std::int64_t judged = 0;
    std::map<std::int64_t, std::vector<const Finding*>> changed;
  };
  std::map<std::string, Group> groups;
  for (std::size_t at = 0; at < findings.size(); ++at) {
    Group& group = groups[judged[at]->identity];
    ++group.judged;
    if (findings[at].changed_with != 0) {
      group.changed[findings[at].changed_with].push_back(&findings[at]);
    }
  }
  constexpr std::int64_t kLeast = 3;
  for (const auto& [identity, group] : groups) {
    for (const auto& [session, changed] : group.changed) {
      const auto number = static_cast<std::int64_t>(changed.size());
      if (number < kLeast || 2 * number < group.judged) continue;
      const std::string& events = changed.front()->events;
      const bool environment = std::all_of(changed.begin(), changed.end(), [](const Finding* each) {
        return each->judgement.verdict == Verdict::environment;
      });
      comparison.notes.push_back(fmt::format(
          "{} of {} benchmarks changed with session {}, {}{}", number, group.judged, session,
          events.empty() ? "where no fact of the machine that was recorded changed: if "
                           "their code did not either, look at the machine"
                         : "where " + events,
          !events.empty() && environment ? ": environment" : ""));
    }
  }
}

/// What the session before had of the same devices, and this one has not.
void note_missing(const SeriesSet& set, const std::vector<const Series*>& judged,
                  Comparison& comparison) {
  std::set<std::string> identities;
  for (const Series* series : judged) identities.insert(series->identity);
  std::vector<std::string> missing;
  const std::int64_t before = set.sessions.size() < 2 ? 0 : set.sessions.rbegin()[1].id;
  for (const Series& series : set.series) {
    if (identities.contains(series.identity) && is_judged(series, before)) {
      missing.push_back(series.benchmark);
    }
  }
  if (missing.empty()) return;
  comparison.notes.push_back(fmt::format(
      "{} of session {} {} not measured this time: {}{}",
      missing.size() == 1 ? "one benchmark" : fmt::format("{} benchmarks", missing.size()), before,
      missing.size() == 1 ? "was" : "were", missing.front(), missing.size() > 1 ? ", ..." : ""));
}

/// The acceptances under which a level was taken for granted.
void note_accepted(const SeriesSet& set, const std::vector<const Series*>& judged,
                   Comparison& comparison) {
  std::map<std::pair<std::int64_t, std::string>, std::vector<std::string>> accepted;
  for (const Series* series : judged) {
    const std::optional<Acceptance> acceptance = acceptance_of(set, *series);
    if (acceptance) {
      accepted[{acceptance->since, acceptance->reason}].push_back(series->benchmark);
    }
  }
  for (const auto& [what, benchmarks] : accepted) {
    const std::size_t more = benchmarks.size() - 1;
    comparison.notes.push_back(fmt::format("accepted from session {} on: {} ({}{})", what.first,
                                           what.second, benchmarks.front(),
                                           more == 0 ? "" : fmt::format(" and {} more", more)));
  }
}

/// The newest value of the same benchmark on another machine or of another build.
const SessionValue* newest_elsewhere(const SeriesSet& set, const Series& series) {
  const SessionValue* newest = nullptr;
  for (const Series& other : set.series) {
    if (other.benchmark != series.benchmark || other.identity == series.identity) continue;
    const SessionValue& value = other.values.back();
    const bool later =
        newest == nullptr || place_of(set, newest->session) < place_of(set, value.session);
    if (later) newest = &value;
  }
  return newest;
}

/// A benchmark that was measured on another machine or of another build begins a new baseline, and
/// does not pass as a new one: of a machine that is another each time it would pass for ever.
void note_other_machine(const SeriesSet& set, const Series& series, Judgement& judgement) {
  const SessionValue* const elsewhere = newest_elsewhere(set, series);
  if (elsewhere == nullptr || judgement.verdict != Verdict::collecting) return;
  judgement.verdict = Verdict::environment;
  std::string facts;
  for (const EnvironmentDifference& each :
       machine_differences(set.environments.at(elsewhere->environment),
                           set.environments.at(series.values.back().environment))) {
    facts += fmt::format("{}{} is {}, was {}", facts.empty() ? ": " : "; ", each.name,
                         each.candidate, each.base);
  }
  judgement.reason +=
      fmt::format("; session {} was of another machine or build{}", elsewhere->session, facts);
}

void compare_environments(const SeriesSet& set, const std::vector<const Series*>& judged,
                          Comparison& comparison) {
  for (const Series* series : judged) {
    const std::size_t size = series->values.size();
    const Environment& newest = set.environments.at(series->values.back().environment);
    const Environment& before =
        size < 2 ? newest : set.environments.at(series->values[size - 2].environment);
    if (comparison.environment.facts.empty()) comparison.environment = before;
    for (EnvironmentDifference& difference : differences(before, newest)) {
      const bool known =
          std::any_of(comparison.differences.begin(), comparison.differences.end(),
                      [&](const EnvironmentDifference& other) {
                        return std::tie(other.name, other.base, other.candidate) ==
                               std::tie(difference.name, difference.base, difference.candidate);
                      });
      if (!known) comparison.differences.push_back(std::move(difference));
    }
  }
}

}  // namespace

std::vector<const Series*> judged_series(const SeriesSet& set) {
  std::vector<const Series*> judged;
  if (set.sessions.empty()) return judged;
  for (const Series& series : set.series) {
    if (is_judged(series, set.sessions.back().id)) judged.push_back(&series);
  }
  return judged;
}

SeriesContext context_of(const TrackPlan& plan, const SeriesSet& set) {
  // Each has three ways to raise an alarm: a level that changed, two sessions, and creep.
  const double ways = 3 * std::max<double>(1, static_cast<double>(judged_series(set).size()));
  return {plan, set, std::make_shared<CommonMoves>(set, plan.smallest), plan.family_error / ways};
}

Comparison track(const TrackPlan& plan, const SeriesSet& set) {
  Comparison comparison;
  comparison.command = "track";
  comparison.promise = plan.promise;
  comparison.family_error = plan.family_error;
  if (set.sessions.empty()) return comparison;
  const Session& newest = set.sessions.back();
  comparison.candidate = name_of(newest);
  comparison.base = fmt::format("{} earlier {}", set.sessions.size() - 1,
                                set.sessions.size() == 2 ? "session" : "sessions");
  comparison.began_utc = newest.facts.time_utc;
  const std::vector<const Series*> judged = judged_series(set);
  const SeriesContext context = context_of(plan, set);
  std::vector<Finding> findings;
  for (const Series* series : judged) {
    findings.push_back(judge_series(context, *series));
    note_other_machine(set, *series, findings.back().judgement);
  }
  name_devices(set, judged, findings);
  note_common_changes(judged, findings, comparison);
  note_missing(set, judged, comparison);
  note_accepted(set, judged, comparison);
  compare_environments(set, judged, comparison);
  for (Finding& finding : findings) comparison.judgements.push_back(std::move(finding.judgement));
  return comparison;
}

}  // namespace derate::history
