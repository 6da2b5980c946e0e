// SPDX-License-Identifier: Apache-2.0
// The selected benchmarks as entries of a BenchmarkSet: selection by filter, tuned configurations,
// resuming a recorded run, groups measured side by side, and one Google Benchmark iteration per
// round.
#include "registration.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>

#include "base/signals.h"
#include "derate/aggregate.h"
#include "derate/shared_operands.h"
#include "derate/statistics.h"
#include "measure/sampler.h"
#include "record_context.h"
#include "round.h"
#include "round_result.h"

namespace derate::bench {
namespace {

/// "28 s" or "12 min"
std::string duration(double time_s) {
  return time_s < 100 ? fmt::format("{:.0f} s", time_s) : fmt::format("{:.0f} min", time_s / 60);
}

}  // namespace

BenchmarkSet::BenchmarkSet(const Options& options, const std::vector<Selected>& devices,
                           const std::string& filter)
    : options_(options),
      tuned_(options.tunes ? "none" : options.tuning),
      entries_(select(devices, filter)),
      progress_(static_cast<std::int64_t>(entries_.size()) * options.repetitions, options.part,
                options.quiet) {
  configure();
  if (options_.resume) skip_recorded();
  if (!options_.out.empty() && !entries_.empty()) {
    const bool is_named_by_user = options_.parent == 0;
    writer_ = std::make_unique<RecordWriter>(options_.out, is_named_by_user);
  }
  if (!options_.failed.empty()) record_failed();
  if (!options_.tunes) tell_plan();
}

void BenchmarkSet::configure() {
  for (Entry& entry : entries_) {
    const std::string configuration =
        tuned_.configuration(*entry.workload, entry.problem, entry.device->device);
    if (configuration.empty()) continue;
    entry.workload = &configured_.emplace_back(configured(*entry.workload, configuration));
    entry.tuned = true;
  }
}

std::vector<Tunable> BenchmarkSet::tunables() const {
  std::vector<Tunable> tunables;
  std::map<std::string, const Device*> products;
  for (const Entry& entry : entries_) {
    const Workload& workload = *entry.workload;
    const Device& device = entry.device->device;
    if (!workload.configurations || !entry.device->session) continue;
    if (why_not(workload, entry.problem, device)) continue;
    if (workload.configurations(device).size() < 2) continue;
    // What is chosen for random data is taken for all, and for all devices of one product.
    if (entry.data != workload.data.front() && !options_.data) continue;
    const Device* const first = products.try_emplace(device.name, &device).first->second;
    if (first != &device) continue;
    tunables.push_back({&workload, entry.problem, entry.data, entry.device->session.get()});
  }
  return tunables;
}

void BenchmarkSet::skip_recorded() {
  std::map<std::string, int> recorded;
  std::error_code none;
  if (std::filesystem::file_size(options_.out, none) == 0 || none) return;
  read_records(options_.out, [&](const Record& record) {
    if (record.run != options_.run || record.stage.empty() == options_.stages) return;
    if (options_.stages && record.stage != to_string(Stage::whole)) return;
    const std::string selector = record.device_index == 0
                                     ? record.backend
                                     : fmt::format("{}:{}", record.backend, record.device_index);
    ++recorded[fmt::format("{}/{}/{}/{}/{}{}", selector, record.workload, record.variant,
                           record.precision, record.problem,
                           record.data == to_string(DataPattern::zeros) ? "/zeros" : "")];
    const Outcome outcome = parse_outcome(record.outcome);
    failed_ = failed_ || outcome >= Outcome::incorrect || outcome == Outcome::suspect;
  });
  for (Entry& entry : entries_) {
    // Those that belong together are measured again where one of them is missing.
    entry.skip = recorded[entry.name];
    for (const Entry* other : together_with(entry)) {
      entry.skip = std::min(entry.skip, recorded[other->name]);
    }
  }
}

void BenchmarkSet::record_failed() {
  const std::size_t end = options_.failed.find(' ');
  const std::string name = options_.failed.substr(0, end);
  const auto failed = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const Entry& entry) { return entry.name == name; });
  if (end == std::string::npos || failed == entries_.end()) return;
  const std::vector<Entry*> entries = together_with(*failed);
  std::vector<Record> records = records_of(entries, plan_of(*failed));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    records[i].outcome = to_string(Outcome::failed);
    records[i].message = options_.failed.substr(end + 1);
    records[i].time_utc = now_utc();
    write(*entries[i], records[i]);
    ++entries[i]->skip;
  }
}

void BenchmarkSet::tell_plan() const {
  for (const Entry& entry : entries_) {
    const double rounds = std::max(0, options_.repetitions - entry.skip);
    options_.watched.tell({WatchMessage::Event::planned, rounds, entry.name});
  }
}

void BenchmarkSet::register_all() {
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

std::vector<BenchmarkSet::Entry*> BenchmarkSet::together_with(Entry& entry) {
  std::vector<Entry*> entries = {&entry};
  for (Entry& other : entries_) {
    if (entry.group && other.group == entry.group && &other != &entry) entries.push_back(&other);
  }
  return entries;
}

void BenchmarkSet::fill(std::span<Entry* const> entries, const Plan& plan,
                        std::span<Record> records) {
  const Entry& first = *entries.front();
  Opened& device = *first.device;
  if (device.session && !device.lost) {
    std::vector<Participant> participants;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      participants.push_back({entries[i]->workload, &records[i]});
    }
    measure_round(participants, first.problem, *device.session, plan, device.lost);
    return;
  }
  for (Record& record : records) {
    record.outcome = to_string(device.lost ? Outcome::failed : device.refusal);
    record.message = device.lost ? kLost : device.reason;
    record.time_utc = now_utc();
  }
}

Plan BenchmarkSet::plan_of(const Entry& entry) const {
  return plan_for(options_.plan, *entry.workload, entry.device->device, entry.data);
}

std::vector<Record> BenchmarkSet::records_of(std::span<Entry* const> entries,
                                             const Plan& plan) const {
  const std::string began = now_utc();
  std::vector<Record> records;
  for (const Entry* each : entries) {
    Record& record = records.emplace_back(
        record_of(*each->workload, each->problem, each->device->device, plan, options_.run));
    record.devices_at_once = options_.devices_at_once;
    if (each->group) record.side_by_side = began;
  }
  return records;
}

void BenchmarkSet::name_stages(const Entry& entry, std::span<Record> records) {
  records.front().stage = to_string(Stage::whole);
  records.front().side_by_side = now_utc();
  std::size_t place = 0;
  for (const Stage stage : entry.workload->stages(entry.device->device)) {
    records[++place].stage = to_string(stage);
    records[place].side_by_side = records.front().side_by_side;
  }
}

void BenchmarkSet::write(const Entry& entry, const Record& record) {
  if (writer_) writer_->write(record);
  const Outcome outcome = parse_outcome(record.outcome);
  failed_ = failed_ || outcome >= Outcome::incorrect || outcome == Outcome::suspect;
  if (!record.stage.empty() && record.stage != to_string(Stage::whole)) return;
  options_.watched.tell({WatchMessage::Event::recorded, 1, entry.name});
}

void BenchmarkSet::measure_together(Entry& entry) {
  Plan plan = plan_of(entry);
  if (entry.group || options_.stages) plan.operands.shared = std::make_shared<SharedOperands>();
  std::vector<Entry*> entries = together_with(entry);
  if (options_.stages)
    entries.resize(1 + entry.workload->stages(entry.device->device).size(), &entry);
  std::vector<Record> records = records_of(entries, plan);
  if (options_.stages) name_stages(entry, records);
  options_.barrier.wait();
  const double limit_s = options_.row_limit_s.value_or(limit_of_a_round_s(plan, records));
  options_.watched.tell({WatchMessage::Event::begun, limit_s, entry.name});
  fill(entries, plan, records);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i]->tuned && !records[i].algorithm.empty()) records[i].algorithm += ", tuned";
    write(*entries[i], records[i]);
    // To Google Benchmark an entry is its whole work, not the stages beside it.
    if (i > 0 && entries[i] == entries.front()) continue;
    entries[i]->measured.push_back(std::move(records[i]));
  }
  lost_ = lost_ || entry.device->lost;
}

std::optional<Record> BenchmarkSet::run_round(Entry& entry) {
  if (entry.measured.empty()) {
    if (SignalsNoted::received() || broken_ || wants_restart()) return std::nullopt;
    if (entry.skip > 0) {
      --entry.skip;
      progress_.skip(entry.name);
      return std::nullopt;
    }
    progress_.start(entry.name);
    try {
      measure_together(entry);
    } catch (const Interrupted&) {
      return std::nullopt;
    } catch (const Error& error) {
      broken_ = error;
      return std::nullopt;
    }
  }
  Record record = std::move(entry.measured.front());
  entry.measured.pop_front();
  progress_.finish(entry.name, brief(record));
  return record;
}

std::string BenchmarkSet::announcement() const {
  const int repeats = options_.repetitions * options_.part.of;
  Range time_s;
  for (const Entry& entry : entries_) {
    const Opened& opened = *entry.device;
    if (!opened.session || why_not(*entry.workload, entry.problem, opened.device)) continue;
    const Range of_round_s = time_of_a_round_s(plan_of(entry));
    time_s.least += repeats * of_round_s.least;
    time_s.most += repeats * of_round_s.most;
  }
  // Once for each device: later rounds find the clock up.
  std::set<Session*> sessions;
  for (const Entry& entry : entries_) sessions.insert(entry.device->session.get());
  double clock_rise_s = 0;
  for (const Session* session : sessions) {
    if (session != nullptr) clock_rise_s += session->clock_rise_s();
  }
  return fmt::format(
      "{} benchmarks, {} rounds: measuring takes {} to {}, preparing, checking and rests come on "
      "top",
      entries_.size(), static_cast<int>(entries_.size()) * repeats, duration(time_s.least),
      duration(time_s.most + clock_rise_s));
}

bool BenchmarkSet::wants_restart() const {
  return lost_ && writer_ != nullptr && options_.watched.pipe >= 0;
}

ExitCode BenchmarkSet::exit_code() {
  if (broken_) {
    progress_.say(broken_->what());
    return broken_->code();
  }
  if (SignalsNoted::received()) return ExitCode::interrupted;
  return failed_ ? ExitCode::failed : ExitCode::ok;
}

}  // namespace derate::bench
