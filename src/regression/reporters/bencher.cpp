// SPDX-License-Identifier: Apache-2.0
// Bencher Metric Format (bencher.dev/bmf.json): benchmark → measure → value with lower and upper
// value. Its own measure "latency" is in nanoseconds; a measure that it does not know is made.
#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "base/fit_text.h"
#include "base/json.h"
#include "base/json_fields.h"
#include "base/json_text.h"
#include "base/safe_text.h"
#include "derate/device.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using json::Json;

constexpr std::size_t kLongestName = 1024;  // bytes that Bencher takes
constexpr std::size_t kLongestSlug = 64;

/// A name that is too long keeps its beginning, and a hash of the whole apart from others.
std::string name_of(const Judgement& judgement) {
  std::string name = safe_text::for_terminal(judgement.benchmark);
  if (name.size() <= kLongestName) return name;
  const std::string hash = " " + hash_text(name);
  return fit_text::cut(name, kLongestName - hash.size()) + hash;
}

/// "FLOP" → "flop-per-second"
std::string rate_slug(const std::string& unit) {
  std::string slug;
  for (const char c : unit) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 0x80) slug += static_cast<char>(std::tolower(byte));
  }
  constexpr std::string_view kPerSecond = "-per-second";
  if (slug == "b") slug = "byte";
  return slug.substr(0, kLongestSlug - kPerSecond.size()).append(kPerSecond);
}

Json metric(double value, double lower, double upper) {
  Json object = {{"value", json::number(value)}};
  if (std::isfinite(lower)) object["lower_value"] = json::number(lower);
  if (std::isfinite(upper)) object["upper_value"] = json::number(upper);
  return object;
}

}  // namespace

std::string bencher_metrics(const Comparison& comparison) {
  constexpr double kNanoseconds = 1e9;
  Json benchmarks = Json::object();
  for (const Judgement& each : comparison.judgements) {
    if (!outputs::counts_for_history(each) || !(each.candidate_s > 0)) continue;
    const Interval& change = each.change.interval;
    const double low = (1 + change.low) / (1 + each.change.value);
    const double high = (1 + change.high) / (1 + each.change.value);
    const double ns = each.candidate_s * kNanoseconds;
    Json measures = {{"latency", metric(ns, ns * low, ns * high)}};
    const double rate = each.amount / each.candidate_s;
    if (std::isfinite(rate) && rate > 0) {
      measures[rate_slug(each.amount_unit)] = metric(rate, rate / high, rate / low);
    }
    if (std::isfinite(each.change.value)) {
      measures["time-ratio"] = metric(1 + each.change.value, 1 + change.low, 1 + change.high);
    }
    benchmarks[name_of(each)] = measures;
  }
  return json_text(benchmarks) + "\n";
}

}  // namespace derate
