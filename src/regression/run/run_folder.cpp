// SPDX-License-Identifier: Apache-2.0
// processes.jsonl lists the finished processes, line by line; outputs lie beside it. A folder of
// another statement, or with files that no gate writes, is refused.
#include "regression/run/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/input_file.h"
#include "base/json_fields.h"
#include "base/json_file.h"
#include "base/json_text.h"
#include "base/system_calls.h"
#include "base/temporary_file.h"
#include "base/time_utc.h"
#include "derate/error.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

std::string as_text(const Json& value) {
  return value.is_string() ? fmt::format("\"{}\"", value.get<std::string>()) : value.dump();
}

/// As it would be read back: what is no UTF-8 is replaced when it is written.
Json as_written(const Json& statement) {
  return parse_json(statement.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// What no gate puts into its sub-folder is somebody else's, and is neither overwritten nor
/// removed.
void require_own(const std::filesystem::path& processes) {
  std::error_code unknown;
  if (std::filesystem::is_symlink(processes, unknown)) {
    cannot_write(processes, "it is a symbolic link");
  }
  for (const auto& entry : std::filesystem::directory_iterator(processes, unknown)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("processes.jsonl") || name.starts_with("screen-") ||
        name.starts_with("confirm-") || name.starts_with(kTemporaryPrefix)) {
      continue;
    }
    throw Error(ExitCode::output,
                fmt::format("{} holds {}, which is of no gate: choose another --out",
                            processes.string(), name));
  }
}

/// Refuses to go on with what was begun with other options.
void require_same(const Json& before, const Json& now, const std::filesystem::path& file) {
  for (const auto& [key, value] : now.items()) {
    const auto found = before.find(key);
    if (found != before.end() && *found == value) continue;
    throw Error(ExitCode::usage,
                fmt::format("{} is of another one: its {} is {}, not {}; choose another --out, or "
                            "start over with --restart",
                            file.string(), key, found == before.end() ? "missing" : as_text(*found),
                            as_text(value)));
  }
}

std::filesystem::path list_of(const std::filesystem::path& processes) {
  return processes / "processes.jsonl";
}

// Of a line of the list: each throws nlohmann's exceptions, or NoSense, where it says nothing of
// the kind.

int pair_of(const nlohmann::ordered_json& line) {
  const std::int64_t pair = json::integer_from(line.at("pair"));
  if (pair >= kMostPairs) throw json::NoSense{};
  return static_cast<int>(pair);
}

GateStage stage_of(const nlohmann::ordered_json& line) {
  return line.at("stage") == "screen" ? GateStage::screen : GateStage::confirm;
}

MetricDecision metric_decision(const nlohmann::ordered_json& line) {
  const std::optional<Metric> metric = parse_metric(line.at("metric").get<std::string>());
  if (!metric) throw json::NoSense{};
  return {*metric, line.at("why")};
}

KeptProcess kept_process(const nlohmann::ordered_json& line) {
  const Side side = line.at("side") == "base" ? Side::base : Side::candidate;
  return {{stage_of(line), pair_of(line), side},
          json::integer_from(line.at("ended_unix_s")),
          line.at("duration_s"),
          line.at("failure"),
          line.contains("build") ? static_cast<int>(json::integer_from(line.at("build"))) : 0};
}

/// Whether `use` could take in a line of the list; not one that was cut off or changed.
template <typename Use>
bool is_taken_in(const std::string& text, const Use& use) {
  try {
    use(parse_json(text));
    return true;
  } catch (const BadJson&) {
    return false;
  } catch (const json::NoSense&) {
    return false;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

std::filesystem::path output_of(const std::filesystem::path& processes, const Place& place) {
  return processes / (place.name() + ".json");
}

std::vector<KeptProcess> kept_processes(const std::filesystem::path& processes) {
  std::vector<KeptProcess> all;
  std::map<Place, std::size_t> last;  // of a process measured again, whose file is the last one's
  InputFile in(list_of(processes));
  for (std::string text; in.read_line(text);) {
    static_cast<void>(is_taken_in(text, [&](const Json& line) {
      if (!line.contains("side")) return;  // of a pair that was lost, or of the whole
      all.push_back(kept_process(line));
      last[all.back().place] = all.size() - 1;
    }));
  }
  std::size_t at = 0;
  std::erase_if(all, [&](const KeptProcess& kept) { return last.at(kept.place) != at++; });
  return all;
}

std::string_view to_string(Side side) { return side == Side::base ? "base" : "candidate"; }
std::string_view to_string(GateStage stage) {
  return stage == GateStage::screen ? "screen" : "confirm";
}
int number_of(GateStage stage) { return stage == GateStage::screen ? 1 : 2; }

std::string Place::name() const {
  return fmt::format("{}-{:02}-{}", to_string(stage), pair, to_string(side));
}

RunFolder::RunFolder(const std::filesystem::path& folder, std::string kind, const Json& statement,
                     bool restart)
    : held_(folder), kind_(std::move(kind)), processes_(folder / kind_) {
  const std::filesystem::path file = folder / (kind_ + ".json");
  std::error_code failed;
  require_own(processes_);
  if (restart) {
    std::filesystem::remove_all(processes_, failed);
    std::filesystem::remove(file, failed);
  }
  if (std::filesystem::exists(file, failed)) {
    const JsonFile before(file);
    require_same(before.root(), as_written(statement), file);
    began_utc_ = before.text(before.root(), "", "began_utc");
    seed_ = static_cast<std::uint64_t>(before.count(before.root(), "", "seed"));
    read_list();
  } else {
    if (!std::filesystem::is_empty(processes_, failed) && !failed) {
      throw Error(ExitCode::output,
                  fmt::format("{} holds processes, but there is no {} that says of what: choose "
                              "another --out, or start over with --restart",
                              processes_.string(), file.string()));
    }
    Json whole = statement;
    if (!whole.contains("seed")) whole["seed"] = std::random_device{}();
    seed_ = whole["seed"];
    began_utc_ = now_utc();
    whole["began_utc"] = began_utc_;
    replace_file(file, json_text(whole) + "\n");
  }
  std::filesystem::create_directories(processes_, failed);
  if (failed) throw Error(ExitCode::output, "cannot write " + processes_.string());
}

std::filesystem::path RunFolder::under_way(const Place& place) const {
  return processes_ / (place.name() + ".part");
}

std::filesystem::path RunFolder::errors(const Place& place) const {
  return processes_ / (place.name() + ".err");
}

const KeptProcess* RunFolder::find(const Place& place) const {
  const auto found = kept_.find(place);
  return found == kept_.end() ? nullptr : &found->second;
}

std::string RunFolder::lost(GateStage stage, int pair) const {
  const auto found = lost_.find({stage, pair});
  return found == lost_.end() ? "" : found->second;
}

bool RunFolder::has_pair(GateStage stage, int pair) const {
  const bool both =
      find({stage, pair, Side::base}) != nullptr && find({stage, pair, Side::candidate}) != nullptr;
  return both || lost_.contains({stage, pair});
}

int RunFolder::count(GateStage stage) const {
  return static_cast<int>(std::count_if(
      kept_.begin(), kept_.end(), [&](const auto& entry) { return entry.first.stage == stage; }));
}

double RunFolder::time_of_s(GateStage stage) const {
  double sum = 0;
  for (const auto& [place, process] : kept_) {
    if (place.stage == stage) sum += process.duration_s;
  }
  return sum;
}

void RunFolder::keep(const KeptProcess& process) {
  const std::filesystem::path from = under_way(process.place);
  const std::filesystem::path to = raw(process.place);
  std::error_code failed;
  std::filesystem::remove_all(to, failed);
  sync(from);
  if (system_calls().rename(from.c_str(), to.c_str()) != 0) cannot_write(to, std::strerror(errno));
  Json line = {{"stage", to_string(process.place.stage)}, {"pair", process.place.pair},
               {"side", to_string(process.place.side)},   {"ended_unix_s", process.ended_unix_s},
               {"duration_s", process.duration_s},        {"failure", process.failure}};
  if (process.build > 0) line["build"] = process.build;
  append(line);
  kept_[process.place] = process;
}

void RunFolder::lose(GateStage stage, int pair, const std::string& reason) {
  append({{"stage", to_string(stage)}, {"pair", pair}, {"lost", reason}});
  lost_[{stage, pair}] = reason;
}

void RunFolder::cut(const std::string& reason) {
  append({{"cut", reason}});
  cut_ = reason;
}

void RunFolder::decide(const MetricDecision& metric) {
  append({{"metric", to_string(metric.metric)}, {"why", metric.why}});
  metric_ = metric;
}

void RunFolder::append(const Json& line) {
  AppendedFile list(list_of(processes_), Links::refused);
  list.write(dumped(line) + "\n");
  list.sync();
  sync(processes_);
}

void RunFolder::take_in(const nlohmann::ordered_json& line) {
  if (line.contains("cut")) {
    cut_ = line.at("cut");
    return;
  }
  if (line.contains("metric")) {
    metric_ = metric_decision(line);
    return;
  }
  if (line.contains("lost")) {
    lost_[{stage_of(line), pair_of(line)}] = line.at("lost");
    return;
  }
  KeptProcess kept = kept_process(line);
  std::error_code unknown;
  if (std::filesystem::exists(raw(kept.place), unknown)) {
    kept_[kept.place] = std::move(kept);
  } else {
    losses_.push_back(raw(kept.place).string() + " is gone");
  }
}

void RunFolder::read_list() {
  std::error_code unknown;
  if (!std::filesystem::exists(list_of(processes_), unknown)) return;
  InputFile in(list_of(processes_));
  std::string whole;
  for (std::string text; in.read_line(text);) {
    if (is_taken_in(text, [&](const Json& line) { take_in(line); })) {
      whole += text + "\n";
    } else {
      losses_.push_back(fmt::format("{}, line {}, is invalid", in.name(), in.line()));
    }
  }
  // What is appended to half a line would be lost as well.
  if (std::filesystem::file_size(list_of(processes_), unknown) != whole.size()) {
    replace_file(list_of(processes_), whole);
  }
}

}  // namespace derate
