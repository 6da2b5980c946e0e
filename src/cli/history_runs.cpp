// SPDX-License-Identifier: Apache-2.0
// Reads the newest sessions of a history as earlier runs of a device, and the scatter of their
// levels.
#include "cli/history_runs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/standard_streams.h"
#include "cli/history_database.h"
#include "derate/error.h"
#include "history/history.h"
#include "history/level_spread.h"
#include "history/track.h"

namespace derate::cli {
namespace {

constexpr std::size_t kMostSessions = 50;

void add_session(history::History& history, const history::Session& session,
                 const std::vector<Environment>& environments, EarlierRuns& earlier) {
  history.each_measurement(session.id, [&](const history::Measurement& measurement) {
    const BenchmarkResult& result = measurement.result;
    const std::string id(environments.at(result.environment).value("device_id"));
    if (!result.is_measured() || id.empty() || !(result.amount > 0) || !(result.time_s > 0)) return;
    earlier.add_from_history(id, result.name(),
                             {session.facts.time_utc, result.amount / result.time_s});
  });
}

void add_sessions(const std::filesystem::path& file, EarlierRuns& earlier) {
  history::History history = open_database({file});
  const std::vector<Environment> environments = history.environments();
  std::vector<history::Session> sessions = history.sessions();
  const auto skipped = sessions.size() - std::min(sessions.size(), kMostSessions);
  for (std::size_t i = skipped; i < sessions.size(); ++i) {
    add_session(history, sessions[i], environments, earlier);
  }
}

/// The usual file where it is there; without a home there is none.
std::filesystem::path found_database() {
  try {
    const std::filesystem::path usual = default_database();
    std::error_code unknown;
    return std::filesystem::exists(usual, unknown) ? usual : std::filesystem::path();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

void add_history_runs(EarlierRuns& earlier, const std::filesystem::path& named) {
  if (!named.empty()) return add_sessions(named, earlier);
  const std::filesystem::path found = found_database();
  if (found.empty()) return;
  try {
    add_sessions(found, earlier);
  } catch (const Error& error) {
    say("derate", std::string("the history is left out: ") + error.what());
  }
}

std::map<std::string, PairSpread> history_spread(const std::filesystem::path& file,
                                                 const ProcessReport& run) {
  const history::SeriesSet set = open_database({file}).series(history::kWindow);
  const history::TrackPlan plan;
  const history::SeriesContext context = history::context_of(plan, set);
  std::map<std::string, PairSpread> spread;
  for (const BenchmarkResult& result : run.results) {
    const auto found =
        history::level_spread(context, result.name(), run.environments.at(result.environment));
    if (found) spread[result.name()] = *found;
  }
  return spread;
}

}  // namespace derate::cli
