// SPDX-License-Identifier: Apache-2.0
// Rounds of all configurations of a problem, interleaved in alternating order; the table is written
// after each problem, so that an interrupted run keeps what is finished.
#include "autotune.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <set>
#include <span>
#include <sstream>
#include <string>

#include "base/safe_text.h"
#include "base/signals.h"
#include "base/standard_streams.h"
#include "base/table.h"
#include "base/units.h"
#include "derate/aggregate.h"
#include "derate/build_info.h"
#include "derate/statistics.h"
#include "measure/tuning.h"
#include "progress.h"
#include "record_context.h"
#include "round.h"
#include "suites.h"
#include "tuning_lookup.h"

namespace derate::bench {
namespace {

/// From three on, rounds have an interval; five make it narrow enough to tell per cents apart.
int rounds_of(const Options& options) {
  return options.repetitions > 1 ? std::max(3, options.repetitions) : 5;
}

/// One line of what is printed.
struct Line {
  std::string what;  ///< "gemm/tiled/f32"
  std::string size_class;
  std::string problem;
  std::string configuration;
  std::string rate;
  double of_best = 0;
  std::string note;
};

/// A configuration while its rounds are measured.
struct Contender {
  TimedConfiguration timed;
  std::string excluded = {};
};

class Tuner {
 public:
  Tuner(const Options& options, const std::vector<Tunable>& tunables)
      : options_(options),
        tunables_(tunables),
        rounds_(rounds_of(options)),
        progress_(static_cast<std::int64_t>(measurements()), {}, options.quiet) {}

  ExitCode run() {
    if (tunables_.empty()) return nothing();
    open_table();
    if (!options_.quiet) progress_.say(announcement());
    try {
      for (const Tunable& tunable : tunables_) tune(tunable);
    } catch (const Interrupted&) {
      print();
      return ExitCode::interrupted;
    }
    print();
    return failed_ ? ExitCode::failed : ExitCode::ok;
  }

 private:
  /// For derate run that is no reason not to measure.
  [[nodiscard]] ExitCode nothing() {
    const std::string why =
        "nothing to tune: no workload that was selected has several configurations on a device "
        "that can run it";
    if (options_.parent == 0) throw Error(ExitCode::usage, why);
    progress_.say(why);
    return ExitCode::ok;
  }

  [[nodiscard]] std::size_t measurements_of(const Tunable& tunable) const {
    return tunable.workload->configurations(tunable.session->device()).size() *
           static_cast<std::size_t>(rounds_);
  }

  [[nodiscard]] std::size_t measurements() const {
    std::size_t all = 0;
    for (const Tunable& each : tunables_) all += measurements_of(each);
    return all;
  }

  [[nodiscard]] std::string announcement() const {
    Range time_s;
    for (const Tunable& each : tunables_) {
      const Range of_one_s = time_of_a_round_s(
          plan_for(options_.plan, *each.workload, each.session->device(), each.data));
      time_s.least += static_cast<double>(measurements_of(each)) * of_one_s.least;
      time_s.most += static_cast<double>(measurements_of(each)) * of_one_s.most;
    }
    return fmt::format(
        "tuning {} problem{}, {} measurements: measuring takes {:.0f} s to {:.0f} s, preparing, "
        "checking and rests come on top",
        tunables_.size(), tunables_.size() == 1 ? "" : "s", measurements(), time_s.least,
        time_s.most);
  }

  /// Finds out before anything is measured whether the table can be read and written.
  void open_table() {
    const bool is_named = !options_.tune_to.empty();
    const auto own = usual_tuning_path();
    if (!is_named && !own) {
      throw Error(ExitCode::usage,
                  "no home folder to keep a tuning table in; name a file: --derate_tune=FILE");
    }
    path_ = is_named ? std::filesystem::path(options_.tune_to) : *own;
    std::error_code unknown;
    if (std::filesystem::exists(path_, unknown)) {
      try {
        table_ = read_tuning(path_);
      } catch (const Error& error) {
        if (is_named) throw;
        progress_.say(fmt::format("{}; it is replaced", error.what()));
      }
    }
    write_tuning(path_, table_);
  }

  void tune(const Tunable& tunable) {
    const Device& device = tunable.session->device();
    std::vector<Contender> contenders;
    for (const std::string& name : tunable.workload->configurations(device)) {
      contenders.push_back({.timed = {name, {}}});
    }
    for (int round = 0; round < rounds_; ++round) {
      // There and back, so that none always follows the same one.
      for (Contender& contender : contenders) measure(tunable, contender);
      std::reverse(contenders.begin(), contenders.end());
    }
    if (rounds_ % 2 == 1) std::reverse(contenders.begin(), contenders.end());
    keep(tunable, contenders);
  }

  /// One round of one configuration; what is not right takes it out of the question.
  void measure(const Tunable& tunable, Contender& contender) {
    const Workload& workload = *tunable.workload;
    const Device& device = tunable.session->device();
    const std::string name =
        workload.benchmark_name(device.selector(), tunable.problem) + " as " + contender.timed.name;
    if (contender.excluded.empty() && lost_.contains(device.selector())) {
      contender.excluded = kLost;
    }
    if (!contender.excluded.empty()) {
      progress_.finish(name, contender.excluded);
      return;
    }
    const Plan plan = plan_for(options_.plan, workload, device, tunable.data);
    Record record = record_of(workload, tunable.problem, device, plan, options_.run);
    bool lost = false;
    progress_.start(name);
    options_.watched.tell({WatchMessage::Event::begun,
                           options_.row_limit_s.value_or(limit_of_a_round_s(plan, {&record, 1})),
                           name});
    const Workload one = configured(workload, contender.timed.name);
    const Participant participant{&one, &record};
    measure_round({&participant, 1}, tunable.problem, *tunable.session, plan, lost);
    if (lost) lost_.insert(device.selector());
    const Outcome outcome = parse_outcome(record.outcome);
    if (outcome != Outcome::passed && outcome != Outcome::unstable) {
      contender.excluded = fmt::format("{}: {}", record.outcome, record.message);
      contender.timed.times_s.clear();
      failed_ = true;
      progress_.finish(name, contender.excluded);
      return;
    }
    contender.timed.times_s.push_back(median(record.samples_s));
    progress_.finish(name, rate_text(workload, tunable.problem, contender));
  }

  /// Writes down what was found, problem by problem: whoever breaks off keeps what is finished.
  void keep(const Tunable& tunable, const std::vector<Contender>& contenders) {
    const Workload& workload = *tunable.workload;
    const Device& device = tunable.session->device();
    TunedProblem found = tuned_name(workload, tunable.problem);
    found.usual = workload.usual_configuration(tunable.problem, device);
    std::vector<TimedConfiguration> timed;
    for (const Contender& each : contenders) {
      timed.push_back(each.timed);
      found.rates.push_back(
          {each.timed.name, rate(workload, tunable.problem, each), each.excluded});
    }
    found.configuration = best_configuration(timed, found.usual);
    add_lines(tunable, found, contenders);
    if (found.configuration.empty()) return;
    TunedDevice tuned = blank_tuning(device, build_info());
    tuned.time_utc = now_utc();
    tuned.problems.push_back(std::move(found));
    merge(tuned, table_);
    write_tuning(path_, table_);
  }

  void add_lines(const Tunable& tunable, const TunedProblem& found,
                 const std::vector<Contender>& contenders) {
    double best = 0;
    for (const TunedRate& each : found.rates) best = std::max(best, each.rate);  // never NaN
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const std::string& name = contenders[i].timed.name;
      std::string note = contenders[i].excluded;
      if (name == found.usual) note += note.empty() ? "usual" : " (usual)";
      if (name == found.configuration) note += note.empty() ? "taken" : ", taken";
      lines_.push_back({fmt::format("{}/{}/{}", found.workload, found.variant, found.precision),
                        found.size_class, found.problem, name,
                        rate_text(*tunable.workload, tunable.problem, contenders[i]),
                        found.rates[i].rate / best, note});
    }
  }

  static double rate(const Workload& workload, const Problem& problem, const Contender& contender) {
    return workload.work(problem).amount(workload.bound) / median(contender.timed.times_s);
  }

  static std::string rate_text(const Workload& workload, const Problem& problem,
                               const Contender& contender) {
    if (contender.timed.times_s.empty()) return "–";
    return format_rate(rate(workload, problem, contender), workload.bound,
                       to_string(workload.precision));
  }

  void print() const {
    using C = Column<Line>;
    const std::array columns = {
        C{"workload", "workload", "", [](const Line& l) -> Value { return l.what; }},
        C{"size_class", "sizes", "", [](const Line& l) -> Value { return l.size_class; }},
        C{"problem", "problem", "", [](const Line& l) -> Value { return l.problem; }},
        C{"configuration", "configuration", "",
          [](const Line& l) -> Value { return l.configuration; }},
        C{"rate", "rate", "", [](const Line& l) -> Value { return l.rate; }},
        C{"of_best", "of best", "", [](const Line& l) -> Value { return l.of_best; },
          [](const Line& l) {
            return std::isnan(l.of_best) ? "–" : fmt::format("{:.1f} %", 100 * l.of_best);
          }},
        C{"note", "note", "", [](const Line& l) -> Value { return l.note; }}};
    std::ostringstream out;
    write(out, std::span<const C>(columns), lines_, Format::table);
    out << '\n' << safe_text::for_terminal("written to " + path_.string()) << '\n';
    // What derate run prints is its report.
    if (options_.parent > 0) {
      say(out.str());
    } else {
      std::cout << out.str() << std::flush;
    }
  }

  const Options& options_;
  const std::vector<Tunable>& tunables_;
  int rounds_;
  Progress progress_;
  std::filesystem::path path_;
  Tuning table_;
  std::set<std::string> lost_;  ///< devices, by selector
  std::vector<Line> lines_;
  bool failed_ = false;
};

}  // namespace

ExitCode tune(const Options& options, const std::vector<Tunable>& tunables) {
  return Tuner(options, tunables).run();
}

}  // namespace derate::bench
