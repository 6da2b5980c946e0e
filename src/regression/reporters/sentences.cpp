// SPDX-License-Identifier: Apache-2.0
// The sentences of a comparison, and the order in which its benchmarks are told.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"
#include "regression/reporters/side_names.h"

namespace derate {
namespace outputs {
namespace {

constexpr std::array kWorstFirst = {
    Verdict::regression,   Verdict::invalid,    Verdict::not_comparable, Verdict::environment,
    Verdict::inconclusive, Verdict::collecting, Verdict::improvement,    Verdict::unchanged};

std::size_t rank(Verdict verdict) {
  return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), verdict) -
                                  kWorstFirst.begin());
}

/// In percent, without a minus before what rounds to nothing.
std::string percent(double fraction, int digits, bool sign) {
  const double scale = std::pow(10.0, digits);
  const double rounded = std::round(100 * fraction * scale) / scale;
  const double value = rounded == 0 ? 0.0 : rounded;
  return sign ? fmt::format("{:+.{}f}", value, digits) : fmt::format("{:.{}f}", value, digits);
}

}  // namespace

std::string change_text(const Estimate& change) {
  if (!std::isfinite(change.value)) return "–";
  const double width = change.interval.high - change.interval.low;
  const int digits = width < 0.002 ? 2 : 1;  // never for an unknown one
  std::string text = percent(change.value, digits, true) + " %";
  if (!std::isfinite(width)) return text;
  return text + fmt::format(" [{}, {}]", percent(change.interval.low, digits, false),
                            percent(change.interval.high, digits, false));
}

std::string_view adjective(Verdict verdict) {
  switch (verdict) {
    case Verdict::regression:
      return "slower";
    case Verdict::improvement:
      return "faster";
    case Verdict::environment:
      return "changed by the environment";
    case Verdict::collecting:
      return "collecting sessions";
    default:
      return to_string(verdict);
  }
}

std::string counts_text(const Comparison& comparison, Verdict but) {
  std::vector<std::string> parts;
  for (const Verdict verdict : kWorstFirst) {
    const std::int64_t found = count(comparison, verdict);
    if (found > 0 && verdict != but) {
      parts.push_back(fmt::format("{} {}", found, adjective(verdict)));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string unchanged_text(const Comparison& comparison) {
  const std::int64_t found = count(comparison, Verdict::unchanged);
  if (found == 0) return {};
  double largest = kUnknown;
  for (const Judgement& each : comparison.judgements) {
    if (each.verdict != Verdict::unchanged || !std::isfinite(each.change.value)) continue;
    if (!(std::abs(each.change.value) <= std::abs(largest))) largest = each.change.value;
  }
  std::string text = fmt::format("{} unchanged", found);
  if (std::isfinite(largest)) {
    text += found == 1
                ? fmt::format(": {} %", percent(largest, 1, true))
                : fmt::format("; the largest change among them is {} %", percent(largest, 1, true));
  }
  return text;
}

std::string context_text(const Comparison& comparison) {
  std::string text = fmt::format("{} of {}", comparison.command,
                                 candidate_against_base(comparison.candidate, comparison.base));
  if (comparison.duration_s > 0) text += ", " + format_duration(comparison.duration_s);
  const std::string_view device = comparison.environment.value("device_name");
  const std::string_view driver = comparison.environment.value("driver_version");
  if (!device.empty()) text += fmt::format(", on {}", device);
  if (!device.empty() && !driver.empty()) text += fmt::format(" (driver {})", driver);
  return text;
}

std::vector<std::string> notes(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (comparison.metric == Metric::cpu_time) {
    lines.push_back(fmt::format("{}; wall times stand beside", kCpuTimeNote));
  }
  lines.insert(lines.end(), comparison.notes.begin(), comparison.notes.end());
  if (comparison.forced) {
    lines.emplace_back("compared although the environments differ in what must agree (--force)");
  }
  for (const EnvironmentDifference& each : comparison.differences) {
    if (each.name == "boot_id") {  // a hash, which tells nobody more
      lines.emplace_back("environment: the machine was booted in between");
      continue;
    }
    lines.push_back(fmt::format("environment: {} was {} and is {}{}", each.name, each.base,
                                each.candidate, each.hard ? ", which must agree" : ""));
  }
  return lines;
}

bool is_worse(const Judgement& a, const Judgement& b) {
  const auto size_of = [](const Judgement& each) {
    const bool by_size =
        each.verdict == Verdict::regression || each.verdict == Verdict::improvement;
    return by_size && std::isfinite(each.change.value) ? std::abs(each.change.value) : 0;
  };
  if (a.verdict != b.verdict) return rank(a.verdict) < rank(b.verdict);
  return size_of(a) > size_of(b);
}

std::vector<Judgement> in_order(const Comparison& comparison) {
  std::vector<Judgement> ordered = comparison.judgements;
  std::stable_sort(ordered.begin(), ordered.end(), is_worse);
  return ordered;
}

bool counts_for_history(const Judgement& judgement) {
  return judgement.verdict != Verdict::invalid && judgement.verdict != Verdict::not_comparable &&
         judgement.verdict != Verdict::environment;
}

}  // namespace outputs

std::string_view verdict_word(Verdict verdict) {
  return verdict == Verdict::not_comparable ? "not_comparable" : to_string(verdict);
}

std::string headline(const Comparison& comparison) {
  using namespace outputs;
  const std::size_t all = comparison.judgements.size();
  if (all == 0) return "nothing was compared";
  const std::int64_t slower = count(comparison, Verdict::regression);
  const std::string_view s = all == 1 ? "" : "s";
  if (slower > 0) {
    const Judgement worst = in_order(comparison).front();
    std::string text =
        fmt::format("{} of {} benchmark{} {} slower: {} {}", slower, all, s,
                    slower == 1 ? "is" : "are", worst.benchmark, change_text(worst.change));
    if (slower > 1) text += fmt::format(" and {} more", slower - 1);
    return text;
  }
  const std::int64_t judged =
      count(comparison, Verdict::unchanged) + count(comparison, Verdict::improvement);
  const std::int64_t collecting = count(comparison, Verdict::collecting);
  const auto open = static_cast<std::int64_t>(all) - judged - collecting;
  const std::string counts = counts_text(comparison, Verdict::regression);
  if (open == 0 && judged == 0) {
    return fmt::format("no verdict yet: {} benchmark{} {} collecting sessions", all, s,
                       all == 1 ? "is" : "are");
  }
  if (open == 0) return fmt::format("none of {} benchmark{} is slower: {}", all, s, counts);
  return fmt::format("no slowdown was confirmed, but {} of {} benchmark{} could not be judged: {}",
                     open, all, s, counts);
}

}  // namespace derate
