// SPDX-License-Identifier: Apache-2.0
// The program runs guarded, so that a limit, a cancelled job and our own end take it along. Order
// matters for a kill in between: the compressed records, then node.json, and only then the plain
// records go.
#include "fleet/node_run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/host_name.h"
#include "base/input_file.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/digest.h"
#include "fleet/node_names.h"
#include "fleet/shard.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLogFile = "run.log";
constexpr int kTimedOut = 124;  // as of timeout(1)

/// The last sentence of "derate: SENTENCE", or of the bench, that the log has; empty for none.
std::string last_sentence(const fs::path& log) {
  constexpr std::size_t kEnd_bytes = 64 << 10;
  constexpr std::size_t kLongest = 400;
  constexpr std::string_view kBench = "derate_bench: ";  // which refuses a filter, last
  const std::string text = end_of_file(log, kEnd_bytes);
  std::string sentence;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    for (const std::string_view who : {std::string_view("derate: "), kBench}) {
      if (line.starts_with(who)) sentence = fit_text::cut(line.substr(who.size()), kLongest);
    }
    begin = end + 1;
  }
  return sentence;
}

std::string reason_of_end(const ProcessEnd& run, const fs::path& folder, double limit_s) {
  if (run.timed_out) return fmt::format("it ran past its limit of {:.0f} s", limit_s);
  if (run.interrupted) return "it was interrupted: cancelled, or at the end of its time";
  if (run.signal != 0) return fmt::format("derate run was ended by signal {}", run.signal);
  const std::string said = last_sentence(folder / kLogFile);
  if (run.exit_code == static_cast<int>(ExitCode::failed)) {
    return "a measurement failed or came out wrong" + (said.empty() ? "" : ": " + said);
  }
  return said.empty() ? fmt::format("derate run ended with exit code {}", run.exit_code) : said;
}

/// Puts the records of all devices into one file, of which node.json then tells.
void pack_records(const fs::path& folder, NodeEnd& end) {
  const std::vector<fs::path> plain = record_files_of_node(folder);
  if (plain.empty()) return;
  const std::string shard = compressed(plain);
  replace_file(folder / kShardFile, shard);
  end.files.push_back({kShardFile, static_cast<std::int64_t>(shard.size()), xxh3_128_of(shard)});
}

void remove_plain_records(const fs::path& folder) {
  std::error_code failed;
  fs::remove(folder / "records.jsonl", failed);
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_directory(failed)) fs::remove(entry.path() / "records.jsonl", failed);
  }
}

ProcessEnd run_program(const NodeRequest& request, const fs::path& folder) {
  Launch launch;
  launch.program = request.program;
  launch.arguments = {"run", "--out", folder.string()};
  launch.arguments.insert(launch.arguments.end(), request.run_options.begin(),
                          request.run_options.end());
  launch.err = folder / kLogFile;
  launch.guarded = true;
  const SignalsNoted signals;
  return Process(launch).wait(request.limit_s);
}

}  // namespace

std::string name_of_this_node() {
  std::string name;
  for (const char* variable : {"SLURMD_NODENAME", "NODE_NAME"}) {
    const char* const value = std::getenv(variable);
    if (name.empty() && value != nullptr) name = value;
  }
  if (name.empty()) name = host_name();
  const std::string fault = fault_of_node_name(name);
  if (fault.empty()) return name;
  throw Error(ExitCode::usage,
              fmt::format("this node's name \"{}\" is none: {}; give one with --name",
                          fit_text::echoed(name), fault));
}

NodeEnd run_node(const NodeRequest& request) {
  const NodeStatus before = status_of_node(request.fleet, request.node);
  if (before.state == NodeState::measured) return *before.end;
  const fs::path folder = set_aside_node(request.fleet, request.node);
  NodeEnd end;
  end.node = request.node;
  end.started_utc = now_utc();
  const ProcessEnd run = run_program(request, folder);
  end.ended_utc = now_utc();
  end.exit_code = run.timed_out     ? kTimedOut
                  : run.interrupted ? static_cast<int>(ExitCode::interrupted)
                                    : run.exit_code;
  pack_records(folder, end);
  if (end.exit_code == 0 && end.files.empty()) {
    end.exit_code = static_cast<int>(ExitCode::failed);
    end.reason = "derate run recorded nothing";
  } else if (end.exit_code != 0) {
    end.reason = reason_of_end(run, folder, request.limit_s);
  }
  write_node_end(folder, end);
  remove_plain_records(folder);
  return end;
}

}  // namespace derate::fleet
