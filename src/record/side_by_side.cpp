// SPDX-License-Identifier: Apache-2.0
// Pairs the samples of own code and library by round and order, takes the median ratio of each
// round, at measured clocks as well, and combines the rounds.
#include "record/side_by_side.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

#include "base/units.h"

namespace derate {
namespace {

constexpr std::int64_t kRoundsForPrediction = 3;  // combine_rounds()

/// One variant on either kind of data.
struct Variant {
  const Row* uniform = nullptr;
  const Row* zeros = nullptr;

  [[nodiscard]] const Row& any() const { return uniform ? *uniform : *zeros; }
};

/// What computes the same under the same conditions, by variant and library.
struct Group {
  std::map<std::string, Variant> own;
  std::map<std::string, Variant> libraries;
};

std::string key_of(const Row& row) {
  return fmt::format("{}/{}/{}/{}/{}/{}/{}", row.workload, row.precision, row.accumulator,
                     row.problem, row.cache, row.mode, row.devices_at_once);
}

bool is_right(const Row& row) {
  return row.rounds > 0 && (row.outcome == Outcome::passed || row.outcome == Outcome::unstable);
}

/// Own ÷ library of the samples that both have, in the order in which they were taken.
std::vector<double> ratios_of(const Turns& own, const Turns& library, bool at_clock) {
  std::vector<double> ratios;
  const std::size_t both = std::min(own.rates.size(), library.rates.size());
  for (std::size_t i = 0; i < both; ++i) {
    const double clocks = at_clock ? library.clocks_hz[i] / own.clocks_hz[i] : 1;
    const double ratio = own.rates[i] / library.rates[i] * clocks;
    if (ratio > 0 && std::isfinite(ratio)) ratios.push_back(ratio);
  }
  return ratios;
}

struct Compared {
  Estimate ratio = kNoEstimate;
  std::int64_t rounds = 0;
};

Compared compared(const Row* own, const Row* library, bool at_clock) {
  if (!own || !library || !is_right(*own) || !is_right(*library)) return {};
  std::vector<double> medians;
  std::vector<Interval> within;
  for (const Turns& turns : own->turns) {
    const auto beside = std::find_if(
        library->turns.begin(), library->turns.end(),
        [&](const Turns& other) { return other.run == turns.run && other.began == turns.began; });
    if (beside == library->turns.end()) continue;
    const std::vector<double> ratios = ratios_of(turns, *beside, at_clock);
    if (ratios.empty()) continue;
    medians.push_back(median(ratios));
    within.push_back(median_interval(ratios));
  }
  if (medians.empty()) return {};
  return {combine_rounds(medians, within), static_cast<std::int64_t>(medians.size())};
}

/// By the standards of a row; its own interval is of no account, since what moves both cancels.
bool is_unstable(const Estimate& ratio, const Row& own, const Row& library) {
  const bool shared = own.others_share > kSharedAbove || library.others_share > kSharedAbove;
  const bool host_bound =
      own.host_bound_share > kHostBoundAbove || library.host_bound_share > kHostBoundAbove;
  const bool narrow = ratio.interval.confidence >= 0.95 &&
                      ratio.interval.relative_half_width(ratio.value) <= kUnstableAbove;
  return shared || host_bound || !narrow;
}

/// Why there is no ratio on this kind of data; empty where there is one or none was wanted.
std::string why_none(const Row* own, const Row* library, const Compared& on,
                     std::string_view data) {
  if (on.rounds > 0 || (!own && !library)) return "";
  for (const Row* row : {own, library}) {
    if (!row || is_right(*row)) continue;
    return fmt::format("{} {}{}{}", row->variant, to_string(row->outcome),
                       row->message.empty() ? "" : ": ", row->message);
  }
  return fmt::format("no round has both on {}", data);
}

std::string why_not_at_clock(const Row& own) {
  if (!follows_the_clock(bound_of(own))) return "the device's clock does not pace such work";
  return "the clock was not measured beside the samples of both";
}

SideBySide comparison_of(const Variant& own, const Variant& library) {
  const Compared zeros = compared(own.zeros, library.zeros, false);
  const Compared uniform = compared(own.uniform, library.uniform, false);
  SideBySide comparison{.own = &own.any(), .library = &library.any()};
  comparison.zeros = zeros.ratio;
  comparison.uniform = uniform.ratio;
  comparison.rounds = own.uniform ? uniform.rounds : zeros.rounds;
  comparison.unstable =
      (zeros.rounds > 0 && is_unstable(zeros.ratio, *own.zeros, *library.zeros)) ||
      (uniform.rounds > 0 && is_unstable(uniform.ratio, *own.uniform, *library.uniform));
  std::vector<std::string> reasons = {
      why_none(own.uniform, library.uniform, uniform, "random data"),
      why_none(own.zeros, library.zeros, zeros, "zeros")};
  if (uniform.rounds > 0) {
    if (follows_the_clock(bound_of(*own.uniform))) {
      comparison.uniform_at_clock = compared(own.uniform, library.uniform, true).ratio;
    }
    if (std::isnan(comparison.uniform_at_clock.value)) {
      reasons.push_back(why_not_at_clock(*own.uniform));
    }
  }
  std::erase(reasons, "");
  reasons.erase(std::unique(reasons.begin(), reasons.end()), reasons.end());
  comparison.message = fmt::format("{}", fmt::join(reasons, "; "));
  return comparison;
}

/// Whether own code was measured beside a library that is faster than this one: another library,
/// or another of its modes.
bool has_faster_library(const SideBySide& comparison, std::span<const SideBySide> comparisons) {
  return std::any_of(comparisons.begin(), comparisons.end(), [&](const SideBySide& other) {
    return other.own == comparison.own && other.uniform.value < comparison.uniform.value;
  });
}

/// The best own variant of each workload and type at its largest problem, beside the fastest
/// library there.
std::vector<const SideBySide*> best_of(std::span<const SideBySide> comparisons) {
  std::vector<const SideBySide*> best;
  for (const SideBySide& each : comparisons) {
    if (std::isnan(each.uniform.value) || has_faster_library(each, comparisons)) continue;
    const auto same = std::find_if(best.begin(), best.end(), [&](const SideBySide* other) {
      return other->own->workload == each.own->workload &&
             other->own->precision == each.own->precision &&
             other->own->accumulator == each.own->accumulator;
    });
    const auto rank = [](const SideBySide& c) { return std::pair(c.own->amount, c.uniform.value); };
    if (same == best.end()) {
      best.push_back(&each);
    } else if (rank(each) > rank(**same)) {
      *same = &each;
    }
  }
  return best;
}

}  // namespace

std::vector<SideBySide> compare_side_by_side(std::span<const Row> device) {
  std::map<std::string, Group> groups;
  for (const Row& row : device) {
    if (!row.side_by_side) continue;
    Group& group = groups[key_of(row)];
    Variant& variant = row.library.empty() ? group.own[row.variant + "/" + row.provider]
                                           : group.libraries[row.variant + "/" + row.library];
    (row.data == "zeros" ? variant.zeros : variant.uniform) = &row;
  }
  std::vector<SideBySide> comparisons;
  for (const auto& [key, group] : groups) {
    for (const auto& [of_library, library] : group.libraries) {
      for (const auto& [of_own, own] : group.own) {
        comparisons.push_back(comparison_of(own, library));
      }
    }
  }
  const auto place = [](const SideBySide& c) {
    return std::tuple(std::string_view(c.own->workload), std::string_view(c.own->precision),
                      c.own->amount, c.own->problem.size(), std::string_view(c.own->problem));
  };
  std::stable_sort(comparisons.begin(), comparisons.end(),
                   [&](const SideBySide& a, const SideBySide& b) { return place(a) < place(b); });
  return comparisons;
}

std::vector<std::string> side_by_side_sentences(std::span<const SideBySide> comparisons) {
  std::vector<std::string> sentences;
  for (const SideBySide& each : comparisons) {
    if (each.message.empty()) continue;
    sentences.push_back(fmt::format("{} {} {} beside {}, {}: {}", each.own->workload,
                                    each.own->variant, each.own->precision, each.library->variant,
                                    each.own->problem, each.message));
  }
  for (const SideBySide* each : best_of(comparisons)) {
    sentences.push_back(fmt::format("best own {} {} at {}: {}, {} of {} on random data{}",
                                    each->own->workload, each->own->precision, each->own->problem,
                                    each->own->variant, format_percent(each->uniform),
                                    each->library->variant, each->unstable ? " (unstable)" : ""));
  }
  const auto unstable = std::count_if(comparisons.begin(), comparisons.end(),
                                      [](const SideBySide& each) { return each.unstable; });
  if (unstable > 0) {
    sentences.push_back(fmt::format(
        "unstable: {} of {} have a ratio whose interval is wider than ±{}, or shared the device "
        "with other programs, or waited for the host",
        unstable, comparisons.size(), format_percent(kUnstableAbove, 0)));
  }
  const bool few = std::any_of(comparisons.begin(), comparisons.end(), [](const SideBySide& each) {
    return each.rounds > 0 && each.rounds < kRoundsForPrediction;
  });
  if (few) {
    sentences.push_back(
        "with fewer than 3 rounds an interval holds the noise within a round only: --rounds");
  }
  return sentences;
}

}  // namespace derate
