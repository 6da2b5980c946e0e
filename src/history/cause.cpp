// SPDX-License-Identifier: Apache-2.0
// Attributes a change to the environment where the machine code is the same, the clock explains the
// change, or something happened to the machine that the code is not known to share: most of the
// other benchmarks moved as well, or boots of it differ by as much.
#include "history/cause.h"

#include <fmt/format.h>

#include <cmath>

#include "base/units.h"
#include "history/boots.h"
#include "history/common_move.h"

namespace derate::history {
namespace {

/// What was found, and how to say it.
struct Explained {
  bool explains = false;
  std::string text;
};

Explained by_facts(const CommonMove& move, double change) {
  const std::size_t moved = change > 0 ? move.slower : move.faster;
  if (!move.tells()) {
    return {true, fmt::format("; {} on both sides of it {} too few to tell the machine from the "
                              "code",
                              move.benchmarks == 1 ? "one benchmark"
                                                   : fmt::format("{} benchmarks", move.benchmarks),
                              move.benchmarks == 1 ? "is" : "are")};
  }
  const bool common = move.is_common(change);
  return {common, fmt::format("; {} of {} benchmarks became {} with it{}", moved, move.benchmarks,
                              change > 0 ? "slower" : "faster",
                              common ? "" : ", so that it is not what changed this one")};
}

Explained by_boot(const BootTest& test, double alpha) {
  if (test.spread <= 0) {
    return {true, fmt::format("; {} before {} too few to tell what a boot changes",
                              test.boots == 1 ? "one boot" : fmt::format("{} boots", test.boots),
                              test.boots == 1 ? "is" : "are")};
  }
  const std::string spread = fmt::format("{} boots before scatter by {}", test.boots,
                                         format_percent(std::expm1(test.spread)));
  const bool explains = test.p >= alpha;
  return {explains, fmt::format("; {}{}", spread, explains ? "" : ", which is too little for it")};
}

/// Whether what happened explains a change of a code that may be the same.
Explained by_events(const SeriesContext& context, const Series& series, const Points& points,
                    std::size_t at, double change, const Events& events) {
  if (!events.facts.empty()) {
    return by_facts(context.moves->with(series.identity, points.values[at]->session), change);
  }
  if (!events.booted) return {};
  return by_boot(test_boots(context.set, points, at), context.alpha);
}

}  // namespace

Cause cause_of(const SeriesContext& context, const Series& series, const Points& points,
               std::size_t before, std::size_t at, double change) {
  const SessionValue& old = *points.values[before];
  const SessionValue& fresh = *points.values[at];
  Cause cause;
  cause.same_code = !old.code_hash.empty() && old.code_hash == fresh.code_hash;
  cause.events = events_between(context.set, points, before, at);
  // Of the two sessions alone: the clocks of others may not be known.
  const double clock = std::log(fresh.clock_hz / old.clock_hz);
  cause.cycles = change + clock;
  const bool by_clock =
      std::abs(clock) > std::abs(change) / 2 && std::abs(cause.cycles) < std::abs(change) / 3;
  const bool new_code = !old.code_hash.empty() && !fresh.code_hash.empty() && !cause.same_code;
  const bool known = cause.same_code || by_clock || new_code;
  const Explained explained =
      known ? Explained{} : by_events(context, series, points, at, change, cause.events);
  cause.by_events = explained.explains;
  cause.environment = cause.same_code || by_clock || explained.explains;
  if (cause.events.any()) cause.text += ", where " + describe(cause.events) + explained.text;
  if (by_clock) {
    cause.text += fmt::format(", with a clock of {} after {}", format_frequency(fresh.clock_hz),
                              format_frequency(old.clock_hz));
  }
  if (cause.same_code) cause.text += "; the machine code is the same as before";
  if (new_code) cause.text += "; the machine code is another";
  return cause;
}

}  // namespace derate::history
