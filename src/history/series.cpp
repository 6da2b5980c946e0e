// SPDX-License-Identifier: Apache-2.0
// Measurements → each benchmark's values over the sessions.
#include "history/series.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/time_utc.h"
#include "derate/statistics.h"
#include "history/dry_run.h"
#include "history/history.h"
#include "history/machine_kinds.h"
#include "history/writer.h"

namespace derate::history {

namespace {

/// The processes of one benchmark in one session.
struct Processes {
  std::vector<double> times_s;
  std::vector<double> clocks_hz;
  SessionValue value;
};

void take(const Measurement& measurement, Processes& into) {
  const BenchmarkResult& result = measurement.result;
  SessionValue& value = into.value;
  if (!result.is_measured() || !(result.time_s > 0)) {
    ++value.failed;
    value.message = result.message;
    return;
  }
  const bool first = into.times_s.empty();
  if (first) value.code_hash = result.code_hash;
  if (value.code_hash != result.code_hash) value.code_hash.clear();
  if (first) value.environment = result.environment;
  into.times_s.push_back(result.time_s);
  if (result.clock_hz > 0) into.clocks_hz.push_back(result.clock_hz);
}

/// Series by benchmark and identity, filled one measurement after the other.
class Collector {
 public:
  explicit Collector(SeriesSet& set) : set_(set) {
    for (const std::size_t kind : machine_kinds(set.environments)) {
      identities_.push_back(std::to_string(kind));
    }
    for (std::size_t place = 0; place < set.series.size(); ++place) {
      places_[{set.series[place].benchmark, set.series[place].identity}] = place;
    }
    processes_.resize(set.series.size());
  }

  void add(const Measurement& measurement) {
    const BenchmarkResult& result = measurement.result;
    if (result.outcome == Outcome::unsupported) return;  // no fault of this device
    const std::string& identity = identities_.at(result.environment);
    const auto [entry, is_new] = places_.try_emplace({result.name(), identity}, set_.series.size());
    if (is_new) {
      set_.series.push_back({result.name(), identity, result.amount, result.amount_unit, {}});
      processes_.emplace_back();
    }
    Processes& processes = processes_[entry->second];
    if (processes.value.session != measurement.session) {
      finish(entry->second);
      processes.value.session = measurement.session;
      processes.value.environment = result.environment;
    }
    if (result.amount > 0) set_.series[entry->second].amount = result.amount;
    take(measurement, processes);
  }

  void finish() {
    for (std::size_t at = 0; at < processes_.size(); ++at) finish(at);
  }

 private:
  void finish(std::size_t at) {
    Processes& processes = processes_[at];
    if (processes.value.session == 0) return;
    processes.value.time_s = median(processes.times_s);
    processes.value.clock_hz = median(processes.clocks_hz);
    processes.value.processes = static_cast<std::int64_t>(processes.times_s.size());
    set_.series[at].values.push_back(std::exchange(processes, {}).value);
  }

  SeriesSet& set_;
  std::vector<std::string> identities_;
  std::map<std::pair<std::string, std::string>, std::size_t> places_;
  std::vector<Processes> processes_;
};

}  // namespace

namespace {

/// The newest, and pinned ones with their neighbours, however old: creep is measured from the
/// pinned session and the two of the same machine on either side, and several machines may take
/// turns.
std::vector<Session> in_sight(std::vector<Session> all, std::int64_t window) {
  constexpr std::int64_t kNeighbours = 10;
  const auto count = static_cast<std::int64_t>(all.size());
  std::vector<bool> kept(all.size());
  const auto keep = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t at = std::max<std::int64_t>(from, 0); at < std::min(to, count); ++at) {
      kept[static_cast<std::size_t>(at)] = true;
    }
  };
  keep(count - window, count);
  for (std::int64_t at = 0; at < count; ++at) {
    if (all[static_cast<std::size_t>(at)].pinned) keep(at - kNeighbours, at + kNeighbours + 1);
  }
  std::size_t at = 0;
  std::erase_if(all, [&](const Session&) { return !kept[at++]; });
  return all;
}

}  // namespace

SeriesSet History::series(std::int64_t window, std::optional<std::int64_t> until) {
  SeriesSet set;
  // Sessions first: whatever another program adds meanwhile belongs to none of them.
  set.sessions = sessions();
  set.environments = environments();
  set.acceptances = acceptances();
  if (until) {
    const auto last = std::find_if(set.sessions.begin(), set.sessions.end(),
                                   [&](const Session& session) { return session.id == *until; });
    if (last != set.sessions.end()) set.sessions.erase(last + 1, set.sessions.end());
  }
  set.sessions = in_sight(std::move(set.sessions), window);
  Collector collector(set);
  for (const Session& session : set.sessions) {
    each_measurement(session.id, [&](const Measurement& measurement) {
      if (measurement.side != Side::base) collector.add(measurement);
    });
  }
  collector.finish();
  return set;
}

namespace {

/// Leaves the sessions up to a time, as if it were now.
void forget_after(const std::string& time_utc, SeriesSet& set) {
  std::set<std::int64_t> later;
  for (const Session& session : set.sessions) {
    if (session.facts.time_utc > time_utc) later.insert(session.id);
  }
  std::erase_if(set.sessions, [&](const Session& each) { return later.contains(each.id); });
  for (Series& series : set.series) {
    std::erase_if(series.values,
                  [&](const SessionValue& value) { return later.contains(value.session); });
  }
  std::erase_if(set.series, [](const Series& series) { return series.values.empty(); });
}

}  // namespace

SeriesSet with_unstored(SeriesSet set, const SessionFacts& facts,
                        std::span<const ProcessReport> processes) {
  Session session;
  for (const Session& other : set.sessions) session.id = std::max(session.id, other.id);
  ++session.id;
  session.facts = facts;
  if (session.facts.time_utc.empty()) session.facts.time_utc = now_utc();
  forget_after(session.facts.time_utc, set);
  set.sessions.push_back(session);
  std::vector<Measurement> measurements;
  for (const ProcessReport& process : processes) {
    const std::size_t first = set.environments.size();
    set.environments.insert(set.environments.end(), process.environments.begin(),
                            process.environments.end());
    for (const BenchmarkResult& result : process.results) {
      measurements.push_back({session.id, 0, Side::alone, process.measured_at, result});
      measurements.back().result.environment += first;
    }
  }
  Collector collector(set);
  for (const Measurement& measurement : measurements) collector.add(measurement);
  collector.finish();
  return set;
}

bool matches(const std::string& pattern, const std::string& benchmark) {
  // The place to go on from when the text after the last * does not fit.
  std::size_t p = 0;
  std::size_t b = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  while (b < benchmark.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == benchmark[b]) &&
        pattern[p] != '*') {
      ++p;
      ++b;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = b;
    } else if (star != std::string::npos) {
      p = star + 1;
      b = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

}  // namespace derate::history
