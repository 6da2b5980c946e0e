// SPDX-License-Identifier: Apache-2.0
#include "suite.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <regex>

#include "derate/measure.h"
#include "derate/statistics.h"
#include "derate/summary.h"
#include "derate/units.h"
#include "facts.h"
#include "interrupt.h"
#include "round.h"

namespace derate::bench {
namespace {

class Filter {
 public:
  explicit Filter(std::string expression) {
    constexpr std::size_t kLongest = 1000;  // std::regex recurses, and would overflow the stack
    if (expression.size() > kLongest) {
      throw Error(ExitCode::usage,
                  fmt::format("--benchmark_filter is longer than {} characters", kLongest));
    }
    all_but_ = expression.starts_with('-');
    if (all_but_) expression.erase(0, 1);
    if (expression.empty() || expression == "all") expression = ".";
    try {
      regex_ = std::regex(expression, std::regex::extended);
    } catch (const std::regex_error& error) {
      throw Error(ExitCode::usage, fmt::format("--benchmark_filter: \"{}\" is no regular "
                                               "expression: {}",
                                               expression, error.what()));
    }
  }
  /// Matches a name as records have it, or with what Google Benchmark appends when it lists or
  /// reports: both may be copied into a filter, anchors included.
  [[nodiscard]] bool matches(const std::string& name) const {
    const std::string listed = name + "/iterations:1/manual_time";
    return (std::regex_search(name, regex_) || std::regex_search(listed, regex_)) != all_but_;
  }

 private:
  std::regex regex_;
  bool all_but_ = false;
};

/// What Google Benchmark and the progress line show of a round.
double achieved(const Record& record) { return amount_of(record) / median(record.samples_s); }

std::string brief(const Record& record) {
  if (record.samples_s.empty()) return fmt::format("{}: {}", record.outcome, record.message);
  return format_rate(achieved(record), bound_of(record), record.precision) +
         (record.outcome == "passed" ? "" : " (" + record.outcome + ")");
}

/// Why Google Benchmark gets no figure of a round; empty when it does.
std::string no_figure(const std::optional<Record>& record, bool first_had_one) {
  if (!record) return "skipped";
  if (record->samples_s.empty()) return record->message;
  return first_had_one ? "" : brief(*record) + ", recorded; the first round had no figure";
}

/// Google Benchmark computes statistics over the repetitions by the first one's settings, which are
/// a null pointer where that one was an error (its issue 2206): then the others must be errors too.
void tell(benchmark::State& state, const std::optional<Record>& record,
          std::optional<bool>& first_had_figure) {
  if (!first_had_figure) first_had_figure = record && !record->samples_s.empty();
  if (const std::string why = no_figure(record, *first_had_figure); !why.empty()) {
    // From within the loop: outside, the round would count no iteration, and a debug build of
    // Google Benchmark aborts where the repetitions of a benchmark differ in that.
    for (auto _ : state) {
      state.SkipWithError(why.c_str());
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

/// "28 s" or "12 min"
std::string duration(double time_s) {
  return time_s < 100 ? fmt::format("{:.0f} s", time_s) : fmt::format("{:.0f} min", time_s / 60);
}

/// The sizes of a workload that a suite covers.
std::vector<Problem> covered(const Workload& workload, const Device& device, Coverage coverage) {
  if (coverage == Coverage::shapes) {
    return workload.shapes ? workload.shapes(device) : std::vector<Problem>{};
  }
  std::vector<Problem> problems = workload.problems(device);
  if (coverage == Coverage::full && workload.more_problems) {
    for (Problem& problem : workload.more_problems(device)) problems.push_back(std::move(problem));
  }
  if (coverage == Coverage::sustained && !problems.empty()) {
    const auto less = [&](const Problem& a, const Problem& b) {
      return workload.work(a).amount(workload.bound) < workload.work(b).amount(workload.bound);
    };
    problems = {*std::max_element(problems.begin(), problems.end(), less)};
  }
  return problems;
}

/// A device that cannot be opened costs its own rows only: the others are measured.
std::shared_ptr<Opened> open(Backend& backend, const Device& device) {
  auto opened = std::make_shared<Opened>();
  opened->device = device;
  opened->refusal = Outcome::unsupported;
  opened->reason = device.unusable;
  if (!opened->reason.empty()) return opened;
  try {
    opened->session = backend.open(device);
  } catch (const DeviceError& error) {
    opened->refusal = Outcome::failed;
    opened->reason = error.what();
  }
  return opened;
}

}  // namespace

Suite::Suite(const Options& options, const std::vector<Selected>& devices,
             const std::string& filter)
    : options_(options),
      tuned_(options.tunes ? "none" : options.tuning),
      entries_(select(devices, filter)),
      progress_(static_cast<std::int64_t>(entries_.size()) * options.repetitions, options.part,
                options.quiet) {
  configure();
  if (options_.resume) skip_recorded();
  if (!options_.out.empty()) writer_ = std::make_unique<RecordWriter>(options_.out);
}

std::vector<Suite::Entry> Suite::select(const std::vector<Selected>& devices,
                                        const std::string& expression) const {
  const Filter filter(expression);
  std::vector<Entry> entries;
  std::string example;
  for (const auto& [backend, device] : devices) {
    const std::shared_ptr<Opened> opened = open(*backend, device);
    for (const Workload* workload : registered_workloads()) {
      if (workload->backend != device.backend) continue;
      for (const Problem& problem : covered(*workload, device, options_.coverage)) {
        const auto patterns = options_.data ? std::vector{*options_.data} : workload->data;
        for (const DataPattern data : patterns) {
          const std::string name = workload->benchmark_name(device.selector(), problem, data);
          example = name;
          if (filter.matches(name)) entries.push_back({workload, problem, data, opened, name});
        }
      }
    }
  }
  if (entries.empty()) {
    throw Error(ExitCode::usage,
                fmt::format("no benchmark matches --benchmark_filter={}; "
                            "--benchmark_list_tests lists them, for example {}",
                            expression, example.empty() ? "(this program has none)" : example));
  }
  return entries;
}

void Suite::configure() {
  for (Entry& entry : entries_) {
    const std::string configuration =
        tuned_.configuration(*entry.workload, entry.problem, entry.device->device);
    if (configuration.empty()) continue;
    entry.workload = &configured_.emplace_back(configured(*entry.workload, configuration));
    entry.tuned = true;
  }
}

std::vector<Tunable> Suite::tunables() const {
  std::vector<Tunable> tunables;
  std::map<std::string, const Device*> products;
  for (const Entry& entry : entries_) {
    const Workload& workload = *entry.workload;
    const Device& device = entry.device->device;
    if (!workload.configurations || !entry.device->session) continue;
    if (workload.unsupported && workload.unsupported(device)) continue;
    if (workload.configurations(device).size() < 2) continue;
    // What is chosen for random data is taken for all, and for all devices of one product.
    if (entry.data != workload.data.front() && !options_.data) continue;
    const Device* const first = products.try_emplace(device.name, &device).first->second;
    if (first != &device) continue;
    tunables.push_back({&workload, entry.problem, entry.data, entry.device->session.get()});
  }
  return tunables;
}

void Suite::skip_recorded() {
  std::map<std::string, int> recorded;
  std::error_code none;
  if (std::filesystem::file_size(options_.out, none) == 0 || none) return;
  read_records(options_.out, [&](const Record& record) {
    if (record.run != options_.run) return;
    const std::string selector = record.device_index == 0
                                     ? record.backend
                                     : fmt::format("{}:{}", record.backend, record.device_index);
    ++recorded[fmt::format("{}/{}/{}/{}/{}{}", selector, record.workload, record.variant,
                           record.precision, record.problem,
                           record.data == to_string(DataPattern::zeros) ? "/zeros" : "")];
    const Outcome outcome = parse_outcome(record.outcome);
    failed_ = failed_ || outcome >= Outcome::incorrect || outcome == Outcome::suspect;
  });
  for (Entry& entry : entries_) entry.skip = recorded[entry.name];
}

void Suite::register_all() {
  for (Entry& entry : entries_) {
    benchmark::RegisterBenchmark(entry.name.c_str(),
                                 [this, &entry](benchmark::State& state) {
                                   tell(state, run_round(entry), entry.first_had_figure);
                                 })
        ->UseManualTime()
        ->Iterations(1);
    // One iteration: Google Benchmark cannot stop on an interval, so a round is one iteration to
    // it.
  }
}

void Suite::fill(const Entry& entry, const Plan& plan, Record& record) {
  Opened& device = *entry.device;
  if (device.session && !device.lost) {
    measure_round(*entry.workload, entry.problem, *device.session, plan, record, device.lost);
    return;
  }
  record.outcome = to_string(device.lost ? Outcome::failed : device.refusal);
  record.message =
      device.lost ? "not run: the device was lost to an earlier failure" : device.reason;
  record.time_utc = now_utc();
}

std::optional<Record> Suite::run_round(Entry& entry) {
  if (interrupted() || broken_ || wants_restart()) return std::nullopt;
  if (entry.skip > 0) {
    --entry.skip;
    progress_.finish(entry.name, "already recorded");
    return std::nullopt;
  }
  Plan plan = options_.plan;
  plan.operands.data = entry.data;
  plan.operands.cache = entry.workload->cache.value_or(plan.operands.cache);
  Record record =
      facts_of(*entry.workload, entry.problem, entry.device->device, plan, options_.run);
  record.devices_at_once = options_.devices_at_once;
  progress_.start(entry.name);
  options_.meeting.wait();
  try {
    fill(entry, plan, record);
    if (entry.tuned && !record.algorithm.empty()) record.algorithm += ", tuned";
    if (writer_) writer_->write(record);
  } catch (const Interrupted&) {
    return std::nullopt;
  } catch (const Error& error) {
    broken_ = error;
    return std::nullopt;
  }
  lost_ = lost_ || entry.device->lost;
  const Outcome outcome = parse_outcome(record.outcome);
  failed_ = failed_ || outcome >= Outcome::incorrect || outcome == Outcome::suspect;
  progress_.finish(entry.name, brief(record));
  return record;
}

std::string Suite::announcement() const {
  const Plan& plan = options_.plan;
  const double rounds =
      static_cast<double>(entries_.size()) * options_.repetitions * options_.part.of;
  const double least_s = plan.warm_up_s + plan.min_samples * plan.min_sample_s;
  const double most_s =
      std::max(plan.warm_up_s, plan.settle_limit_s) + std::max(plan.time_limit_s, plan.min_time_s);
  return fmt::format(
      "{} benchmarks, {} rounds: measuring takes {} to {}, preparing and checking "
      "come on top",
      entries_.size(), rounds, duration(rounds * std::min(least_s, most_s)),
      duration(rounds * most_s));
}

bool Suite::wants_restart() const { return lost_ && writer_ != nullptr; }

ExitCode Suite::exit_code() const {
  if (broken_) {
    progress_.say(broken_->what());
    return broken_->code();
  }
  if (interrupted()) return ExitCode::interrupted;
  return failed_ ? ExitCode::failed : ExitCode::ok;
}

}  // namespace derate::bench
