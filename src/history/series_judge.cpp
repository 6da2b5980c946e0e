// SPDX-License-Identifier: Apache-2.0
// The checks in order: a changed level, two sessions that confirm each other, one session alone,
// creep since the pinned session, improvement. The first that finds something gives the verdict.
#include "history/series_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/units.h"
#include "history/cause.h"
#include "history/levels.h"
#include "history/to_and_fro.h"
#include "stats/change.h"
#include "stats/student_t.h"

namespace derate::history {
namespace {

/// One judgement in the making. The checks are tried in order; the first that finds something ends
/// it.
class Judge {
 public:
  Judge(const SeriesContext& context, const Series& series)
      : context_(context),
        series_(series),
        accepted_(acceptance_of(context.set, series)),
        points_(points_of(context.set, series, accepted_)) {
    Judgement& judgement = finding_.judgement;
    judgement.benchmark = series.benchmark;
    judgement.amount = series.amount;
    judgement.amount_unit = series.unit;
  }

  Finding run() {
    if (!usable()) return finding_;
    begin_level_at_event();
    if (!has_level()) return finding_;
    if (changed_level() || confirmed_by_two() || one_session_alone() || crept() || improved()) {
      return finding_;
    }
    conclude();
    return finding_;
  }

 private:
  [[nodiscard]] std::size_t newest() const { return points_.values.size() - 1; }
  [[nodiscard]] std::int64_t session(std::size_t point) const {
    return points_.values[point]->session;
  }
  bool say(Verdict verdict, std::string reason) {
    finding_.judgement.verdict = verdict;
    finding_.judgement.reason = std::move(reason);
    if (accepted_) finding_.judgement.reason += accepted_text();
    finding_.judgement.reason += new_level_;
    return true;
  }
  [[nodiscard]] std::string accepted_text() const {
    return fmt::format("; accepted: {} (from session {} on)", accepted_->reason, accepted_->since);
  }

  bool usable();
  void begin_level_at_event();
  bool has_level();
  bool changed_level();
  bool confirmed_by_two();
  bool one_session_alone();
  bool crept();
  bool improved();
  void conclude();
  void fill(const Change& change, double base, double candidate, double sessions);
  [[nodiscard]] bool is_large(const Change& change) const {
    return std::abs(change.value) >= context_.plan.smallest && change.p() < context_.alpha;
  }
  [[nodiscard]] static Sides sides_at(std::size_t since) { return {since, since}; }
  [[nodiscard]] Sides sides_of_creep() const;
  /// Where the first of the sessions was chosen to look slow, out of all.
  [[nodiscard]] double chosen_chance() const { return context_.plan.modes / 5; }
  /// A change between two points, and by what it was found.
  struct Found {
    Change change;
    double base = 0;
    std::size_t before = 0;
    std::size_t at = 0;
    Sides sides;
    double chance = 0;  ///< of a series of two modes
    std::string how;
  };
  bool report(const Found& found);

  const SeriesContext& context_;
  const Series& series_;
  std::optional<Acceptance> accepted_;
  Points points_;
  Level level_;            // without the newest
  std::string new_level_;  // which event began it; may be empty
  Finding finding_;
};

bool Judge::usable() {
  const SessionValue& value = series_.values.back();
  if (value.failed == 0 && value.time_s > 0) return true;
  const std::string who = value.processes == 0
                              ? "no process measured it"
                              : fmt::format("{} of {} processes did not measure it", value.failed,
                                            value.processes + value.failed);
  finding_.judgement.verdict = Verdict::invalid;
  finding_.judgement.reason =
      fmt::format("{}{}{}", who, value.message.empty() ? "" : ": ", value.message);
  return false;
}

void Judge::fill(const Change& change, double base, double candidate, double sessions) {
  constexpr double kConfidence = 0.95;
  Judgement& judgement = finding_.judgement;
  const double reach = change.error * student_t_exceeded((1 - kConfidence) / 2, change.freedom);
  judgement.change = {
      std::expm1(change.value),
      {std::expm1(change.value - reach), std::expm1(change.value + reach), kConfidence}};
  judgement.p_slower = change.value > 0 ? change.p() : 1 - change.p();
  judgement.base_s = std::exp(base);
  judgement.candidate_s = std::exp(candidate);
  judgement.pairs = static_cast<std::int64_t>(sessions);
}

/// What happened to the machine is how it is once four sessions agree: the newest such change of
/// level is where a new baseline begins.
void Judge::begin_level_at_event() {
  constexpr double kAgree = 4;
  constexpr std::size_t kNews = 10;
  const Level level = level_of(context_, points_, newest());
  for (std::size_t at = level.starts.size(); at-- > 1;) {
    if (level.counts[at] < kAgree) continue;
    const std::size_t begin = level.starts[at];
    const Cause cause = cause_of(context_, series_, points_, begin - 1, begin,
                                 level.means[at] - level.means[at - 1]);
    if (!cause.by_events) continue;
    points_.reset = begin;
    if (points_.baseline && *points_.baseline < begin) points_.baseline.reset();
    if (newest() - begin > kNews) return;
    new_level_ = fmt::format("; a new level began with session {}, where {}", session(begin),
                             describe(cause.events));
    return;
  }
}

/// What crept lies between: the newest against the older half.
Sides Judge::sides_of_creep() const {
  constexpr std::size_t kNewest = 5;
  return {std::midpoint(*points_.baseline, newest()), newest() + 1 - kNewest};
}

bool Judge::has_level() {
  level_ = level_of(context_, points_, newest());
  finding_.judgement.candidate_s = std::exp(points_.logs[newest()]);
  if (level_.known()) {
    Judgement& judgement = finding_.judgement;
    judgement.pair_sd = level_.sd;
    const double error = level_.error_of(2);
    const double heard = std::max(context_.plan.smallest, level_.t_at(context_.alpha) * error);
    judgement.detectable = std::expm1(heard + level_.t_at(1 - context_.plan.power) * error);
    return true;
  }
  if (accepted_ && level_.count < 1) {
    finding_.judgement.verdict = Verdict::unchanged;
    finding_.judgement.reason = fmt::format("accepted: {}; a new level begins with session {}",
                                            accepted_->reason, session(newest()));
    return false;
  }
  constexpr std::size_t kOfALevel = 4;
  say(newest() < kOfALevel ? Verdict::collecting : Verdict::inconclusive,
      fmt::format("{} earlier {} on this device: a level takes four", newest(),
                  newest() == 1 ? "session" : "sessions"));
  return false;
}

/// False where the series only goes to and fro. What became faster, or the machine did, is no alarm
/// and said anyway.
bool Judge::report(const Found& found) {
  const Change& change = found.change;
  const Cause cause = cause_of(context_, series_, points_, found.before, found.at, change.value);
  const bool is_alarm = change.value > 0 && !cause.environment;
  if (is_alarm &&
      is_to_and_fro(points_, limit_of(found.base, change.value), found.sides, found.chance)) {
    return false;
  }
  Judgement& judgement = finding_.judgement;
  judgement.same_code = cause.same_code;
  judgement.change_cycles.value = std::expm1(cause.cycles);
  judgement.confirmed = true;
  finding_.changed_with = session(found.at);
  finding_.events = describe(cause.events);
  const bool slower = change.value > 0;
  const Verdict verdict = cause.environment ? Verdict::environment
                          : slower          ? Verdict::regression
                                            : Verdict::improvement;
  return say(verdict, fmt::format("{} {} {}{}", format_percent(std::abs(std::expm1(change.value))),
                                  slower ? "slower" : "faster", found.how, cause.text));
}

/// Slower than the fastest level that nobody has accepted away, for three sessions or more.
bool Judge::changed_level() {
  const Level now = level_of(context_, points_, points_.values.size());
  const std::size_t last = now.means.size() - 1;
  std::size_t fastest = last;
  for (std::size_t at = 0; at < last; ++at) {
    if (now.means[at] < now.means[fastest]) fastest = at;
  }
  if (fastest == last) return false;
  const double error = now.sd * std::sqrt((1 + now.correlation) / (1 - now.correlation) *
                                          (1 / now.counts[fastest] + 1 / now.counts[last]));
  const Change change{now.means[last] - now.means[fastest], error, now.freedom};
  if (change.value < context_.plan.smallest) return false;
  if (fastest + 1 != last && !is_large(change)) return false;
  const std::size_t since = now.starts[fastest + 1];
  fill(change, now.means[fastest], now.means[last], now.counts[fastest]);
  const double sessions =
      std::accumulate(now.counts.begin() + static_cast<long>(fastest) + 1, now.counts.end(), 0.0);
  return report({change, now.means[fastest], since - 1, since, sides_at(since), chosen_chance(),
                 fmt::format("since session {}, in {:g} sessions", session(since), sessions)});
}

/// The newest two sessions, by the level before both.
bool Judge::confirmed_by_two() {
  constexpr double kEach = 0.01;  // p-value that either reaches alone
  if (newest() < points_.reset + 2) return false;
  const Level before = level_of(context_, points_, newest() - 1);
  if (!before.known()) return false;
  const double mean = (points_.logs[newest() - 1] + points_.logs[newest()]) / 2;
  const Change together{mean - before.mean, before.error_of(2), before.freedom};
  for (const std::size_t at : {newest() - 1, newest()}) {
    const Change alone{points_.logs[at] - before.mean, before.error_of(1), before.freedom};
    const bool same_side = (alone.value > 0) == (together.value > 0);
    if (!same_side || alone.p() > kEach || std::abs(alone.value) < context_.plan.smallest) {
      return false;
    }
  }
  if (!is_large(together)) return false;
  finding_.judgement.pair_sd = before.sd;
  fill(together, before.mean, mean, before.count);
  // Only of a slowdown is it asked when it began: it may have been with something else.
  const std::size_t since = together.value > 0 ? begin_of_run(points_, newest() - 1,
                                                              limit_of(before.mean, together.value))
                                               : newest() - 1;
  if (since == points_.reset) return false;
  return report({together, before.mean, since - 1, since, sides_at(since), context_.plan.modes,
                 fmt::format("with session {}, and session {} confirms it", session(since),
                             session(newest()))});
}

bool Judge::one_session_alone() {
  const double value = points_.logs[newest()] - level_.mean;
  const Change change{value, level_.error_of(1), level_.freedom};
  if (!is_large(change)) return false;
  const Cause cause = cause_of(context_, series_, points_, newest() - 1, newest(), value);
  fill(change, level_.mean, points_.logs[newest()], level_.count);
  finding_.judgement.same_code = cause.same_code;
  finding_.changed_with = session(newest());
  finding_.events = describe(cause.events);
  return say(
      Verdict::inconclusive,
      fmt::format("{} {} than the {:g} sessions before{}; one session cannot tell a change from a "
                  "bad day: run again to confirm",
                  format_percent(std::abs(std::expm1(value))), value > 0 ? "slower" : "faster",
                  level_.count, cause.text));
}

/// The newest few against those around the pinned session, whatever lies between.
bool Judge::crept() {
  const std::optional<Creep> creep = points_.baseline ? creep_of(points_) : std::nullopt;
  if (!creep) return false;
  const Change change{creep->change, creep->error, creep->freedom};
  if (change.value < 0 || !is_large(change)) return false;
  const double limit = limit_of(creep->base, change.value);
  if (is_to_and_fro(points_, limit, sides_of_creep(), context_.plan.modes)) return false;
  fill(change, creep->base, creep->newest, static_cast<double>(creep->sessions));
  const std::size_t anchor = *points_.baseline;
  const Cause cause = cause_of(context_, series_, points_, anchor, newest(), change.value);
  finding_.judgement.confirmed = true;
  finding_.judgement.same_code = cause.same_code;
  return say(cause.environment ? Verdict::environment : Verdict::regression,
             fmt::format("{} slower than around the pinned session {}, in steps too small to be "
                         "seen one by one{}",
                         format_percent(std::expm1(change.value)), session(anchor), cause.text));
}

/// The newest level is the fastest, and one before was slower.
bool Judge::improved() {
  const Level now = level_of(context_, points_, points_.values.size());
  if (now.means.size() < 2) return false;
  const std::size_t last = now.means.size() - 1;
  const double error = now.sd * std::sqrt(1 / now.counts[last - 1] + 1 / now.counts[last]);
  const Change change{now.means[last] - now.means[last - 1], error, now.freedom};
  // News for as long as the older level would be remembered; then it is how things are.
  if (change.value > -context_.plan.smallest || now.counts[last] > 10) return false;
  fill(change, now.means[last - 1], now.means[last], now.counts[last - 1]);
  const std::size_t since = now.starts[last];
  return report({change, now.means[last - 1], since - 1, since, sides_at(since), chosen_chance(),
                 fmt::format("since session {}", session(since))});
}

void Judge::conclude() {
  const double value = points_.logs[newest()] - level_.mean;
  fill({value, level_.error_of(1), level_.freedom}, level_.mean, points_.logs[newest()],
       level_.count);
  const Interval& interval = finding_.judgement.change.interval;
  const double margin = context_.plan.margin;
  if (interval.low > -margin && interval.high < margin) {
    say(Verdict::unchanged, fmt::format("as the {:g} sessions before", level_.count));
    return;
  }
  say(Verdict::inconclusive,
      fmt::format("not outside of what {:g} sessions scatter (by {} each), which is too much to "
                  "call it unchanged",
                  level_.count, format_percent(level_.sd)));
}

}  // namespace

Finding judge_series(const SeriesContext& context, const Series& series) {
  return Judge(context, series).run();
}

}  // namespace derate::history
