// SPDX-License-Identifier: Apache-2.0
// derate fleet node: what a job starts on each node; derate fleet gather: what nodes have printed,
// put into the fleet's folder.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/input_file.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/fleet_commands.h"
#include "cli/options/fleet_options.h"
#include "fleet/node_names.h"
#include "fleet/node_run.h"
#include "fleet/shard_lines.h"

namespace derate::cli {
namespace {

namespace fs = std::filesystem;

struct NodeOptions {
  fs::path fleet;
  std::string name;
  std::optional<double> limit_s;
  bool print = false;
  int measured_code = 0;
  std::vector<std::string> run_options;
};

/// A folder that goes with it: of a node whose records are printed.
class OwnFolder {
 public:
  OwnFolder() {
    std::string name = (fs::temp_directory_path() / "derate-fleet-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) cannot_write(name, std::strerror(errno));
    path_ = name;
  }
  ~OwnFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

ExitCode measure_node(const NodeOptions& options) {
  if (!options.print && options.fleet.empty()) {
    throw Error(ExitCode::usage, "derate fleet node takes --fleet FOLDER, or --print, or both");
  }
  std::optional<OwnFolder> own;
  if (options.fleet.empty()) own.emplace();
  fleet::NodeRequest request;
  request.program = own_program();
  request.fleet = own ? own->path() : fs::absolute(options.fleet);
  request.node = options.name.empty() ? fleet::name_of_this_node() : options.name;
  request.run_options = with_all_devices(options.run_options);
  if (options.limit_s) request.limit_s = *options.limit_s;
  const bool was_measured =
      fleet::status_of_node(request.fleet, request.node).state == fleet::NodeState::measured;
  if (was_measured) say("derate", fmt::format("node {} is measured already", request.node));
  const fleet::NodeEnd end = fleet::run_node(request);
  if (!end.reason.empty()) say("derate", fmt::format("node {}: {}", end.node, end.reason));
  if (options.print) {
    fleet::write_shard_lines(standard_output(), fleet::node_folder(request.fleet, end.node), end);
  }
  return static_cast<ExitCode>(was_measured ? options.measured_code : end.exit_code);
}

struct GatherOptions {
  fs::path fleet;
  std::vector<fs::path> files;
};

ExitCode gather(const GatherOptions& options) {
  static_cast<void>(fleet::read_manifest(options.fleet));  // refuses what is no fleet
  fleet::ShardGatherer gatherer;
  for (const fs::path& file : options.files) {
    InputFile in(file == "-" ? "/dev/stdin" : file);
    gatherer.read(in);
  }
  std::size_t whole = 0;
  ExitCode end = ExitCode::ok;
  for (const fleet::Gathered& node : gatherer.keep(options.fleet)) {
    if (node.is_kept) ++whole;
    if (node.reason.empty()) continue;
    say("derate", fmt::format("node {}: {}", node.node, node.reason));
    end = ExitCode::failed;
  }
  if (gatherer.nodes().empty()) {
    throw Error(ExitCode::invalid_input, "no line of a node is in what was read");
  }
  write_sentence(standard_output(),
                 fmt::format("{} of {} nodes came whole.", whole, gatherer.nodes().size()));
  return end;
}

}  // namespace

void add_fleet_node(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<NodeOptions>();
  Command command = fleet.add_subcommand("node", "what each node does: measure, pack its records");
  command.add_option("--fleet", options->fleet, "the fleet's folder, on storage that all share")
      .not_empty();
  command
      .add_option("--name", options->name,
                  "of this node (default: Slurm's, or NODE_NAME, or the system's)")
      .check([](const std::string& name) { return fleet::fault_of_node_name(name); });
  command.add_option("--limit", options->limit_s, "seconds after which the run is ended")
      .range(1.0, 1e6);
  command.add_flag("--print", options->print, "print the records, for derate fleet gather");
  command
      .add_option("--measured-code", options->measured_code,
                  "exit code where this node is measured already")
      .range(0, 125)
      .show_default();
  command.add_option("run-options", options->run_options,
                     "after --: options of derate run (default: --all-devices)");
  command.on_parse([options, &end] { end = measure_node(*options); });
}

void add_fleet_gather(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<GatherOptions>();
  Command command =
      fleet.add_subcommand("gather", "take in what nodes have printed, as logs of pods");
  command.add_option("folder", options->fleet, "the fleet's folder").required();
  command.add_option("files", options->files, "logs; - is standard input").required();
  command.on_parse([options, &end] { end = gather(*options); });
}

}  // namespace derate::cli
