// SPDX-License-Identifier: Apache-2.0
// A series as a page's data: its sessions by their place in time, its levels as track sees them,
// why each may have changed, and what was accepted.
#include "history/history_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "history/cause.h"
#include "history/levels.h"
#include "history/series_judge.h"
#include "page/page.h"
#include "page/page_json.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_page.h"
#include "regression/reporters/reporters.h"

namespace derate::history {
namespace {

using page::Json;

/// A series with what the newest session says of it; null where that did not measure it.
struct Shown {
  const Series* series = nullptr;
  const Judgement* judgement = nullptr;
};

std::vector<Shown> worst_first(const SeriesSet& set, const Comparison& newest) {
  const std::vector<const Series*> judged = judged_series(set);
  std::vector<Shown> all;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    all.push_back({judged[i], &newest.judgements.at(i)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
    return outputs::is_worse(*a.judgement, *b.judgement);
  });
  for (const Series& series : set.series) {
    if (std::find(judged.begin(), judged.end(), &series) == judged.end()) all.push_back({&series});
  }
  return all;
}

Json session_json(const Session& session) {
  return {{"id", session.id},
          {"time_utc", session.facts.time_utc},
          {"label", session.facts.label},
          {"kind", session.facts.kind},
          {"host", session.facts.host},
          {"processes", session.processes},
          {"failed", session.failed},
          {"pinned", session.pinned}};
}

/// Column by column, which is shorter than an object for each session.
Json values_of(const SeriesSet& set, const Series& series) {
  const auto column = [&](const auto& value) {
    Json list = Json::array();
    for (const SessionValue& each : series.values) list.push_back(value(each));
    return list;
  };
  return {
      {"session", column([&](const SessionValue& v) { return Json(place_of(set, v.session)); })},
      {"time_s", column([](const SessionValue& v) { return page::number(v.time_s); })},
      {"clock_hz", column([](const SessionValue& v) { return page::number(v.clock_hz, 5); })},
      {"processes", column([](const SessionValue& v) { return Json(v.processes); })},
      {"failed", column([](const SessionValue& v) { return Json(v.failed); })}};
}

/// Each level, and since when it differs from the one before, by how much and with what.
Json levels_json(const SeriesContext& context, const Series& series, const Points& points) {
  const SeriesSet& set = context.set;
  const std::vector<Segment> segments = segments_of(context, points);
  Json levels = Json::array();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    const SessionValue& first = *points.values[segment.begin];
    Json level = {{"from", place_of(set, first.session)},
                  {"to", place_of(set, points.values[segment.end - 1]->session)},
                  {"time_s", page::number(std::exp(segment.mean))}};
    if (i > 0) {
      const double change = segment.mean - segments[i - 1].mean;
      const Estimate shown = {std::expm1(change), {kUnknown, kUnknown, 0}};
      level["change"] = page::number(shown.value);
      level["since"] = fmt::format(
          "{} since session {}{}", outputs::change_text(shown), first.session,
          cause_of(context, series, points, segment.begin - 1, segment.begin, change).text);
    }
    levels.push_back(std::move(level));
  }
  return levels;
}

/// Where facts of the machine differ from the session before. Boots alone would be many.
Json events_json(const SeriesSet& set, const Points& points) {
  Json events = Json::array();
  for (std::size_t at = 1; at < points.values.size(); ++at) {
    const Events found = events_between(set, points, at - 1, at);
    if (found.facts.empty()) continue;
    events.push_back({place_of(set, points.values[at]->session), describe(found)});
  }
  return events;
}

Json acceptances_json(const SeriesSet& set, const Series& series) {
  Json accepted = Json::array();
  for (const Acceptance& each : set.acceptances) {
    const std::size_t place = place_of(set, each.since);
    if (!matches(each.pattern, series.benchmark) || place == set.sessions.size()) continue;
    accepted.push_back(
        {place, fmt::format("accepted from session {} on: {}{}", each.since, each.reason,
                            each.who.empty() ? "" : fmt::format(" ({})", each.who))});
  }
  return accepted;
}

Json series_json(const SeriesContext& context, const Shown& shown) {
  const SeriesSet& set = context.set;
  const Series& series = *shown.series;
  const Points points = points_of(set, series, acceptance_of(set, series));
  const Judgement* const judged = shown.judgement;
  return {{"benchmark", series.benchmark},
          {"device", set.environments.at(series.values.back().environment).value("device_name")},
          {"amount", page::number(series.amount)},
          {"unit", series.unit},
          {"verdict", judged == nullptr ? Json() : Json(verdict_word(judged->verdict))},
          {"reason", judged == nullptr ? "" : judged->reason},
          {"values", values_of(set, series)},
          {"levels", levels_json(context, series, points)},
          {"events", events_json(set, points)},
          {"accepted", acceptances_json(set, series)}};
}

}  // namespace

Json history_data(const TrackPlan& plan, const SeriesSet& set, const Comparison& newest,
                  const std::string& pattern) {
  std::vector<Shown> all = worst_first(set, newest);
  std::erase_if(all, [&](const Shown& each) { return !matches(pattern, each.series->benchmark); });
  const SeriesContext context = context_of(plan, set);
  Json series = Json::array();
  for (std::size_t i = 0; i < std::min(all.size(), kMostSeriesShown); ++i) {
    series.push_back(series_json(context, all[i]));
  }
  Json sessions = Json::array();
  for (const Session& session : set.sessions) sessions.push_back(session_json(session));
  return {{"page", "history"},
          {"newest", comparison_data(newest)},
          {"sessions", sessions},
          {"series", series},
          {"series_left_out", all.size() - series.size()}};
}

std::string history_html(const TrackPlan& plan, const SeriesSet& set, const Comparison& newest,
                         const std::string& pattern) {
  return page::html(history_data(plan, set, newest, pattern));
}

}  // namespace derate::history
