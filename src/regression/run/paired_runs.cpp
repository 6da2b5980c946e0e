// SPDX-License-Identifier: Apache-2.0
// Measures the processes of a stage, resumes from the folder, tries a lost pair again, and stops at
// a signal or the time limit. A process whose partner is missing for over 300 s is measured again.
#include "regression/run/paired_runs.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

/// A process that waits longer for the other of its pair has no neighbour.
constexpr std::int64_t kNeighbours_s = 300;

std::int64_t unix_now_s() {
  const auto since_epoch = system_calls().utc_now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

/// What a process last said, but for its shell's word on the signal.
std::string last_line(const std::filesystem::path& file, int signal) {
  const std::string shell = signal == 0 ? "" : ::strsignal(signal);
  constexpr std::size_t kEnough_bytes = 64 << 10;
  std::istringstream in(end_of_file(file, kEnough_bytes));
  std::string last;
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
      line.pop_back();
    }
    const bool of_shell = !shell.empty() && line.starts_with(shell);
    if (!line.empty() && !of_shell) last = line;
  }
  constexpr std::size_t kLongest = 300;
  return fit_text::cut(last, kLongest);
}

/// The signal that ended a process, or one that its shell tells of; 0 for none.
int signal_of(const ProcessEnd& end) {
  if (end.signal != 0) return end.signal;
  const int told = end.exit_code - 128;
  return told > 0 && told < NSIG ? told : 0;
}

/// How a process ended, if not well.
std::string bad_end(const ProcessEnd& end, double limit_s) {
  if (end.timed_out) return fmt::format("ran past its time limit of {:g} s", limit_s);
  if (const int signal = signal_of(end); signal != 0) {
    return fmt::format("was ended by signal {} ({})", signal, ::strsignal(signal));
  }
  return end.exit_code == 0 ? "" : fmt::format("ended with exit code {}", end.exit_code);
}

/// What can be used of what a process wrote, and what is wrong with it.
struct Read {
  std::optional<ProcessReport> report;
  std::string fault;
};

Read read(const std::filesystem::path& path) {
  std::error_code unknown;
  const bool folder = std::filesystem::is_directory(path, unknown);
  const bool file = std::filesystem::is_regular_file(path, unknown);
  if (!folder && !file && std::filesystem::exists(path, unknown)) {
    return {std::nullopt, "made neither a file nor a folder of its output"};  // a pipe, say
  }
  const std::uintmax_t size = file ? std::filesystem::file_size(path, unknown) : 0;
  if (!folder && size == 0) return {std::nullopt, "wrote nothing"};
  if (size > input_limits::kLargestText_bytes) {
    return {std::nullopt,
            fmt::format("wrote more than {} MiB", input_limits::kLargestText_bytes >> 20)};
  }
  try {
    return {read_process(path), ""};
  } catch (const Error& error) {
    return {std::nullopt, fmt::format("wrote what cannot be read ({})", error.what())};
  }
}

/// Without a device there is nothing to try again.
void require_device(const ProcessEnd& end, const CommandTemplate& command,
                    const std::filesystem::path& said) {
  if (end.timed_out || end.exit_code != static_cast<int>(ExitCode::no_device)) return;
  const std::string last = last_line(said, 0);
  throw Error(ExitCode::no_device,
              fmt::format("`{}` found no device to measure on (exit code 77){}", command.text(),
                          last.empty() ? "" : fmt::format("; it last said \"{}\"", last)));
}

/// derate_bench ends so when a row is wrong; the records say which.
bool is_said_in_the_records(const ProcessEnd& end, const Read& read) {
  return end.exit_code == static_cast<int>(ExitCode::failed) && end.signal == 0 && !end.timed_out &&
         read.report && read.report->are_records;
}

}  // namespace

PairedRuns::PairedRuns(Builds base, Builds candidate, Limits limits, RunFolder& store,
                       MetricChoice& metric, GateProgress& progress)
    : base_(std::move(base)),
      candidate_(std::move(candidate)),
      limits_(limits),
      store_(store),
      metric_(metric),
      progress_(progress) {
  for (const std::string& loss : store.losses()) say_lost(loss);
}

void PairedRuns::say_lost(const std::string& what) {
  progress_.say(what + ": what it told of is measured again");
}

double PairedRuns::mean_process_s(GateStage stage) const {
  return store_.count(stage) == 0
             ? kUnknown
             : store_.time_of_s(stage) / static_cast<double>(store_.count(stage));
}

std::optional<MeasuredProcess> PairedRuns::stored(const Place& place) {
  const KeptProcess* const kept = store_.find(place);
  if (kept == nullptr) return std::nullopt;
  Read read = derate::read(store_.raw(place));
  if (!read.report) {
    say_lost(read.fault);
    return std::nullopt;
  }
  return MeasuredProcess{std::move(*read.report), kept->failure};
}

bool PairedRuns::is_fresh(const Place& place) const {
  const KeptProcess* const kept = store_.find(place);
  return kept != nullptr && unix_now_s() - kept->ended_unix_s <= kNeighbours_s;
}

bool PairedRuns::out_of_time(GateStage stage) const {
  if (limits_.whole_s <= 0) return false;
  const double next_s = std::isnan(mean_process_s(stage)) ? 0 : 2 * mean_process_s(stage);
  return spent_s_ + next_s > limits_.whole_s;
}

void PairedRuns::show(const PairedStage& stage, const Place& place) {
  const int done = store_.count(stage.stage);
  const double left_s = (2 * stage.pairs - done) * mean_process_s(stage.stage);
  progress_.show(fmt::format("stage {}, pair {} of {}, {}", number_of(stage.stage), place.pair + 1,
                             stage.pairs, to_string(place.side)),
                 left_s);
}

std::optional<MeasuredProcess> PairedRuns::measure(const PairedStage& stage, const Turn& turn,
                                                   Side side, bool last_try, StageEnd& end,
                                                   std::string& failure) {
  const Place place{stage.stage, turn.number, side};
  show(stage, place);
  const CommandTemplate& wanted = builds(side)[turn.build(side)];
  const std::filesystem::path out = store_.under_way(place);
  std::error_code ignored;
  std::filesystem::remove_all(out, ignored);
  const auto& filters = side == Side::base ? stage.base_filters : stage.candidate_filters;
  Launch launch =
      shell_command(wanted.with(std::filesystem::absolute(out), filters[turn.build(side)]));
  if (!wanted.writes_a_file()) launch.out = out;
  launch.err = store_.errors(place);
  launch.variables = {fmt::format("{}={}", kSideVariable, to_string(side))};
  const ProcessEnd ended = Process(launch).wait(limits_.process_s);
  spent_s_ += ended.duration_s;
  if (ended.interrupted) {
    end.interrupted = true;
    std::filesystem::remove_all(out, ignored);
    return std::nullopt;
  }
  require_device(ended, wanted, store_.errors(place));
  Read read = derate::read(out);
  failure = bad_end(ended, limits_.process_s);
  if (is_said_in_the_records(ended, read)) failure.clear();
  if (failure.empty()) failure = read.fault;
  if (!failure.empty()) {
    failure = fmt::format("`{}` {}", wanted.text(), failure);
    const std::string last = last_line(store_.errors(place), signal_of(ended));
    if (!last.empty()) failure += fmt::format("; it last said \"{}\"", last);
    if (!last_try || !read.report) {
      std::filesystem::remove_all(out, ignored);
      return std::nullopt;
    }
  }
  if (failure.empty()) std::filesystem::remove(store_.errors(place), ignored);
  store_.keep({place, unix_now_s(), ended.duration_s, failure, build_number(turn, side)});
  return MeasuredProcess{std::move(*read.report), failure};
}

std::optional<MeasuredPair> PairedRuns::measure_pair(const PairedStage& stage, const Turn& turn,
                                                     StageEnd& end) {
  const int number = turn.number;
  const Side second = turn.first == Side::base ? Side::candidate : Side::base;
  const std::array<Place, 2> places = {
      {{stage.stage, number, turn.first}, {stage.stage, number, second}}};
  std::array<std::optional<MeasuredProcess>, 2> said = {stored(places[0]), stored(places[1])};
  if (said[0] && !said[1] && !is_fresh(places[0])) said[0].reset();
  if (!said[0]) said[1].reset();
  std::string failure = store_.lost(stage.stage, number);
  constexpr int kTries = 2;
  for (int tried = 0; tried < kTries && !(said[0] && said[1]) && failure.empty(); ++tried) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (said[i]) continue;
      said[i] = measure(stage, turn, places[i].side, tried + 1 == kTries, end, failure);
      if (end.interrupted) return std::nullopt;
      if (!said[i]) break;
    }
    if (said[0] && said[1]) break;
    said = {};
    if (tried + 1 == kTries) continue;
    progress_.say(fmt::format("{}; the pair is measured again", failure));
    failure.clear();
  }
  if (!(said[0] && said[1])) {
    if (store_.lost(stage.stage, number).empty()) store_.lose(stage.stage, number, failure);
    end.lost = failure;
    return std::nullopt;
  }
  const std::size_t base = turn.first == Side::base ? 0 : 1;
  return MeasuredPair{number, std::move(*said[base]), std::move(*said[1 - base]),
                      build_number(turn, Side::base), build_number(turn, Side::candidate)};
}

std::vector<PairedRuns::Turn> PairedRuns::turns(const PairedStage& stage) const {
  const BuildCounts counts{static_cast<int>(base_.size()), static_cast<int>(candidate_.size())};
  const int number = number_of(stage.stage);
  const std::vector<BuildPair> met = meetings(store_.seed(), number, stage.pairs, counts);
  std::vector<Turn> all;
  for (const bool candidate : candidate_first(store_.seed(), number, stage.pairs)) {
    all.push_back(
        {static_cast<int>(all.size()), met[all.size()], candidate ? Side::candidate : Side::base});
  }
  return all;
}

StageEnd PairedRuns::run(const PairedStage& stage) {
  StageEnd end;
  for (const Turn& turn : turns(stage)) {
    const bool known = store_.has_pair(stage.stage, turn.number);
    if (!known && !store_.cut().empty()) end.cut = store_.cut();
    if (!known && end.cut.empty() && out_of_time(stage.stage)) {
      end.cut = fmt::format("the time limit came after {} of {} pairs of stage {}", turn.number,
                            stage.pairs, number_of(stage.stage));
      store_.cut(end.cut);
    }
    if (!end.cut.empty()) break;
    end.interrupted = !known && SignalsNoted::received();
    if (end.interrupted) break;
    std::optional<MeasuredPair> pair = measure_pair(stage, turn, end);
    if (!pair) break;
    end.pairs.push_back(metric_.judged(std::move(*pair)));
  }
  return end;
}

}  // namespace derate
