// SPDX-License-Identifier: Apache-2.0
// The median time as Google Benchmark's iteration, with the rate and the share of the peak as
// counters.
#include "round_result.h"

#include <fmt/format.h>

#include "base/safe_text.h"
#include "base/units.h"
#include "derate/aggregate.h"
#include "derate/statistics.h"

namespace derate::bench {
namespace {

double achieved(const Record& record) { return amount_of(record) / median(record.samples_s); }

/// Why Google Benchmark gets no figure of a round; empty when it does.
std::string no_figure(const std::optional<Record>& record, bool first_had_one) {
  if (!record) return "skipped";
  if (record->samples_s.empty()) return record->message;
  return first_had_one ? "" : brief(*record) + ", recorded; the first round had no figure";
}

}  // namespace

std::string brief(const Record& record) {
  if (record.samples_s.empty()) return fmt::format("{}: {}", record.outcome, record.message);
  return format_rate(achieved(record), bound_of(record), record.precision) +
         (record.outcome == "passed" ? "" : " (" + record.outcome + ")");
}

void tell(benchmark::State& state, const std::optional<Record>& record,
          std::optional<bool>& first_had_figure) {
  if (!first_had_figure) first_had_figure = record && !record->samples_s.empty();
  if (const std::string why = no_figure(record, *first_had_figure); !why.empty()) {
    // From within the loop: outside, the round would count no iteration, and a debug build of
    // Google Benchmark aborts where the repetitions of a benchmark differ in that.
    for (auto _ : state) {
      state.SkipWithError(safe_text::for_terminal(why).c_str());
      break;
    }
    return;
  }
  for (auto _ : state) state.SetIterationTime(median(record->samples_s));
  const Bound bound = bound_of(*record);
  const char* const unit = bound == Bound::compute   ? "FLOP/s"
                           : bound == Bound::latency ? "steps/s"
                                                     : "B/s";
  state.counters[unit] = achieved(*record);
  const double at_clock = achieved(*record) / record->peak_per_clock / measured_clock_hz(*record);
  // Google Benchmark writes NaN into its JSON, which no parser reads.
  if (bound == Bound::compute && at_clock > 0) state.counters["eta_at_clock"] = at_clock;
}

}  // namespace derate::bench
