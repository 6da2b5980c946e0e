// SPDX-License-Identifier: Apache-2.0
// derate fleet run: has the nodes of a cluster measured, by an engine that is there already.
#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/fleet_commands.h"
#include "cli/fleet_engines.h"
#include "cli/options/fleet_options.h"
#include "fleet/node_table.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

/// What a later start leaves out is as the first one had it.
void take_from_earlier_start(FleetRunOptions& options) {
  std::error_code failed;
  if (!std::filesystem::exists(options.fleet / fleet::kManifestFile, failed)) return;
  const fleet::FleetManifest before = fleet::read_manifest(options.fleet);
  if (options.run_options.empty()) options.run_options = before.run_options;
  if (!options.nodes.empty() || options.count > 0) return;
  options.named = before.nodes;
  if (before.nodes.empty()) options.count = before.node_count;
}

/// Without the slash behind it, so that its last component is its name.
std::filesystem::path named_folder(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

/// Refuses an option that the chosen engine would not heed.
void require_options_of_engine(const Command& command, const std::string& engine) {
  struct OfEngines {
    const char* engines;
    std::vector<const char*> options;
  };
  const std::vector<OfEngines> all = {
      {"--slurm", {"--partition", "--time", "--sbatch", "--submit", "--gather"}},
      {"--kubernetes",
       {"--image", "--namespace", "--gpus", "--claim", "--host-path", "--node-selector",
        "--tolerate"}},
      {"--hosts and --hosts-file", {"--at-once"}},
      {"--slurm and --kubernetes", {"--nodes", "--count"}},
      {"--slurm, --hosts and --hosts-file", {"--program"}}};
  for (const OfEngines& each : all) {
    if (std::string_view(each.engines).find(engine) != std::string_view::npos) continue;
    for (const char* option : each.options) {
      if (!command.given(option)) continue;
      throw Error(ExitCode::usage,
                  fmt::format("{} is of {}, not of {}", option, each.engines, engine));
    }
  }
}

ExitCode run(FleetRunOptions options, const Command& command) {
  const bool ssh = !options.hosts.empty() || !options.hosts_file.empty();
  if (static_cast<int>(options.slurm) + static_cast<int>(options.kubernetes) +
          static_cast<int>(ssh) !=
      1) {
    throw Error(ExitCode::usage,
                "derate fleet run takes one of --slurm, --kubernetes, --hosts and --hosts-file");
  }
  require_options_of_engine(command, options.slurm        ? "--slurm"
                                     : options.kubernetes ? "--kubernetes"
                                                          : "--hosts");
  options.fleet = named_folder(options.fleet);
  take_from_earlier_start(options);
  require_run_options(options.run_options);
  options.run_options = with_all_devices(options.run_options);
  if (ssh) return run_on_hosts(options);
  if (!options.nodes.empty()) options.named = fleet::expand_host_list(options.nodes);
  if (options.named.empty() && options.count == 0) {
    throw Error(ExitCode::usage, "derate fleet run takes the --nodes to measure, or their --count");
  }
  return options.slurm ? run_on_slurm(options) : write_for_kubernetes(options);
}

void add_common_options(Command& command, FleetRunOptions& options) {
  command
      .add_option("folder", options.fleet,
                  "what is measured goes there; with one of an earlier start only what is missing "
                  "is measured")
      .required();
  command.add_option("--nodes", options.nodes, "names, as n[1-64],gpu1").not_empty();
  command.add_option("--count", options.count, "of nodes, which the engine chooses")
      .range<std::int64_t>(1, static_cast<std::int64_t>(fleet::kMostNodes))
      .excludes("--nodes");
  command
      .add_option("--switches", options.switches,
                  "file that says which nodes share a switch, as topology.conf of Slurm does")
      .not_empty();
  command
      .add_option("--program", options.program,
                  "derate on the nodes (default: this one, or that on their PATH)")
      .not_empty();
  command.add_option("--limit", options.limit_s, "seconds that the run of one node may take")
      .range(1.0, 1e6)
      .show_default();
  command.add_option("--wait", options.wait_s, "seconds to wait at most for nodes that are late")
      .range(0.0, 1e7);
}

}  // namespace

fleet::NodeScript script_of(const FleetRunOptions& options) {
  fleet::NodeScript script;
  script.searches_path = options.program.empty();
  script.program = options.program.empty() ? own_program() : options.program;
  script.fleet = options.fleet;
  script.run_options = options.run_options;
  script.limit_s = options.limit_s;
  return script;
}

fleet::FleetManifest wanted_manifest(const FleetRunOptions& options, const std::string& engine,
                                     std::vector<std::string> nodes) {
  fleet::FleetManifest manifest;
  manifest.engine = engine;
  manifest.nodes = std::move(nodes);
  manifest.node_count = options.count;
  manifest.run_options = options.run_options;
  if (!options.switches.empty()) manifest.switches = fleet::switches_of_file(options.switches);
  return manifest;
}

void write_command(const std::string& intro, const std::string& command) {
  write_sentence(standard_output(), intro);
  standard_output() << "  " << safe_text::for_people(command, Format::table) << '\n';
}

void say_what_starts(const fleet::FleetStart& start, std::size_t under_way) {
  const auto say_count = [](std::size_t count, const char* what) {
    if (count == 0) return;
    say("derate",
        fmt::format("{} {}", count == 1 ? "1 node is" : fmt::format("{} nodes are", count), what));
  };
  say_count(start.measured.size(), "measured already and left alone");
  say_count(under_way, "under way already");
}

ExitCode print_fleet(const FleetRunOptions& options,
                     const std::map<std::string, std::string>& notes) {
  const fleet::FleetManifest manifest = fleet::read_manifest(options.fleet);
  std::vector<fleet::NodeStatus> nodes = fleet::status_of_nodes(options.fleet, manifest);
  std::int64_t measured = 0;
  for (fleet::NodeStatus& node : nodes) {
    if (node.state == fleet::NodeState::measured) ++measured;
    const auto note = notes.find(node.node);
    if (!node.end && note != notes.end()) node.reason = note->second;
  }
  fleet::write_nodes(standard_output(), nodes, manifest.node_count, options.format);
  return measured >= manifest.node_count ? ExitCode::ok : ExitCode::failed;
}

void add_fleet_run(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<FleetRunOptions>();
  Command command = fleet.add_subcommand(
      "run", "have Slurm, Kubernetes or ssh measure nodes, each all of its devices");
  add_common_options(command, *options);
  add_slurm_options(command, *options);
  add_kubernetes_options(command, *options);
  add_ssh_options(command, *options);
  add_format(command, options->format);
  command.add_option("run-options", options->run_options,
                     "after --: options of derate run (default: --all-devices)");
  command.on_parse([options, command, &end] { end = run(*options, command); });
}

}  // namespace derate::cli
