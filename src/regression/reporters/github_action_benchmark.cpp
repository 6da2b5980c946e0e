// SPDX-License-Identifier: Apache-2.0
// Lists for benchmark-action/github-action-benchmark: {name, unit, value, range, extra}, one file a
// direction. Units stay the same from run to run, so that its charts do not jump.
#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "base/json_fields.h"
#include "base/json_text.h"
#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using json::Json;

/// Half the interval of the change, as a share of the candidate's figure; NaN where there is none.
double half_width(const Judgement& judgement) {
  const Interval& interval = judgement.change.interval;
  return (interval.high - interval.low) / 2 / (1 + judgement.change.value);
}

Json entry(const Judgement& judgement, double value, const std::string& unit) {
  Json object = {{"name", safe_text::for_terminal(judgement.benchmark)},
                 {"unit", unit},
                 {"value", json::number(value)}};
  // The action scales a range together with its value only where a plain number stands behind "±".
  const double range = half_width(judgement) * value;
  if (std::isfinite(range)) object["range"] = fmt::format("± {:.6g}", range);
  object["extra"] = fmt::format("{}: {} against the base; {}", to_string(judgement.verdict),
                                outputs::change_text(judgement.change),
                                safe_text::for_terminal(judgement.reason));
  return object;
}

}  // namespace

std::string smaller_is_better(const Comparison& comparison) {
  constexpr double kNanoseconds = 1e9;
  Json list = Json::array();
  for (const Judgement& each : comparison.judgements) {
    if (!outputs::counts_for_history(each) || !(each.candidate_s > 0)) continue;
    list.push_back(entry(each, each.candidate_s * kNanoseconds, "ns"));
  }
  return json_text(list) + "\n";
}

std::string bigger_is_better(const Comparison& comparison) {
  constexpr double kGiga = 1e9;
  Json list = Json::array();
  for (const Judgement& each : comparison.judgements) {
    const double rate = each.amount / each.candidate_s;
    if (!outputs::counts_for_history(each) || !(rate > 0) || !std::isfinite(rate)) continue;
    const bool in_giga = each.amount_unit == "FLOP" || each.amount_unit == "B";
    const std::string unit = safe_text::for_terminal(each.amount_unit) + "/s";
    list.push_back(entry(each, in_giga ? rate / kGiga : rate, in_giga ? "G" + unit : unit));
  }
  return json_text(list) + "\n";
}

}  // namespace derate
