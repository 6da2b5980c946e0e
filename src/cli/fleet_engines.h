// SPDX-License-Identifier: Apache-2.0
// What `derate fleet run` was told, and its engines: each measures, or writes what does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "derate/error.h"
#include "derate/format.h"
#include "fleet/fleet_folder.h"
#include "fleet/fleet_start.h"
#include "fleet/node_names.h"
#include "fleet/node_script.h"

namespace derate::cli {

struct FleetRunOptions {
  std::filesystem::path fleet;
  std::filesystem::path program;  ///< empty: the running one
  std::string nodes;              ///< a list of them, as it was given
  std::vector<std::string> named;
  std::int64_t count = 0;
  std::filesystem::path switches;
  double limit_s = 3600;
  std::optional<double> wait_s;
  Format format = Format::table;
  std::vector<std::string> run_options;

  bool slurm = false;
  std::string partition;
  std::string time;
  std::vector<std::string> sbatch;
  bool submit = false;
  bool gather = false;

  std::string hosts;
  std::filesystem::path hosts_file;
  int at_once = 32;

  bool kubernetes = false;
  std::string image;
  std::string name_space;
  int gpus = 8;
  std::string claim;
  std::string host_path;
  std::vector<std::string> selector;
  std::vector<std::string> taints = {"nvidia.com/gpu"};
};

/// What each node does, but for its name.
[[nodiscard]] fleet::NodeScript script_of(const FleetRunOptions& options);
/// fleet.json of this start, without what belongs to an engine.
[[nodiscard]] fleet::FleetManifest wanted_manifest(const FleetRunOptions& options,
                                                   const std::string& engine,
                                                   std::vector<std::string> nodes);
/// Says what is left alone, and prints how the nodes ended; `notes` are of nodes that have no end.
[[nodiscard]] ExitCode print_fleet(const FleetRunOptions& options,
                                   const std::map<std::string, std::string>& notes);
/// What a person is to enter, as one line whatever the width of the terminal.
void write_command(const std::string& intro, const std::string& command);
void say_what_starts(const fleet::FleetStart& start, std::size_t under_way);

void add_slurm_options(Command& command, FleetRunOptions& options);
void add_ssh_options(Command& command, FleetRunOptions& options);
void add_kubernetes_options(Command& command, FleetRunOptions& options);

[[nodiscard]] ExitCode run_on_slurm(const FleetRunOptions& options);
[[nodiscard]] ExitCode run_on_hosts(const FleetRunOptions& options);
[[nodiscard]] ExitCode write_for_kubernetes(const FleetRunOptions& options);

}  // namespace derate::cli
