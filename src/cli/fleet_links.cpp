// SPDX-License-Identifier: Apache-2.0
// derate fleet links FOLDER: what connects the nodes of a fleet, judged; with --measure one rank of
// measuring it.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "backend/node_links.h"
#include "base/host_name.h"
#include "base/kept_streams.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/fleet_commands.h"
#include "cli/options/percent.h"
#include "fleet/fleet_folder.h"
#include "fleet/links_report.h"

namespace derate::cli {
namespace {

namespace fs = std::filesystem;

struct LinksOptions {
  fs::path folder;
  bool measure = false;
  bool again = false;
  LinkRankOptions rank;
  std::int64_t mebibytes = 256;
  std::int64_t samples = 9;
  std::int64_t launches = 4;
  double wait_s = 300;
  double least_slowdown = fleet::kLeastSlowdown;
  fleet::LinksView view;
};

std::string environment_variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The folder of a fleet, of which FOLDER/links may be named too: as "FOLDER/links/", or as "."
/// there.
fs::path folder_of_fleet(const fs::path& named) {
  std::error_code failed;
  fs::path whole = fs::absolute(named, failed).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const bool is_links =
      whole.filename() == "links" && !fs::exists(named / fleet::kManifestFile, failed);
  return is_links ? (named / "..").lexically_normal() : named;
}

/// Of fleet.json, where there is one that names them.
std::map<std::string, std::string> switches_of_nodes(const fs::path& fleet) {
  std::error_code absent;
  if (!fs::exists(fleet / fleet::kManifestFile, absent)) return {};
  return fleet::read_manifest(fleet).switches;
}

ExitCode measure(const LinksOptions& options) {
  LinkPlan plan;
  plan.folder = folder_of_fleet(options.folder) / "links";
  plan.rank = link_rank(options.rank, environment_variable, host_name());
  plan.bytes = options.mebibytes << 20;
  plan.samples = options.samples;
  plan.launches = options.launches;
  plan.again = options.again;
  plan.wait_s = options.wait_s;
  const std::string who = "derate fleet links, " + plan.rank.node;
  return measure_links(plan, [&](const std::string& sentence) { say(who, sentence); });
}

ExitCode judge(const LinksOptions& options) {
  const fs::path fleet = folder_of_fleet(options.folder);
  const fleet::FleetLinks links =
      fleet::read_fleet_links(fleet / "links", switches_of_nodes(fleet));
  const fleet::PairModel model = fleet::fit_pairs(links.pairs, options.least_slowdown);
  fleet::write_links(standard_output(), links, model, options.view);
  if (fleet::any_slow(links, model)) return ExitCode::regression;
  if (!links.troubles.empty()) return ExitCode::failed;
  return model.cannot_tell.empty() ? ExitCode::ok : ExitCode::inconclusive;
}

void add_measuring(Command& command, LinksOptions& options) {
  command.add_flag("--measure", options.measure,
                   "take part as one rank: to be started on every node, as by srun");
  command
      .add_option("--rank", options.rank.rank, "which rank this is, from 0 on; else as srun says")
      .range(0, 1'000'000);
  command.add_option("--ranks", options.rank.ranks, "how many there are").range(1, 1'000'000);
  command.add_option("--local", options.rank.local, "which of its node's ranks this is")
      .range(0, 1000);
  command.add_option("--node", options.rank.node, "name of this node").not_empty();
  command.add_option("--start", options.rank.start, "a name that only the ranks of this start have")
      .not_empty();
  command.add_option("--mebibytes", options.mebibytes, "what each GPU sends in one all-reduce")
      .range<std::int64_t>(1, 16'384)
      .show_default();
  command.add_option("--samples", options.samples, "of each group")
      .range<std::int64_t>(1, 1000)
      .show_default();
  command.add_option("--launches", options.launches, "all-reduces in one sample")
      .range<std::int64_t>(1, 1000)
      .show_default();
  command.add_flag("--again", options.again,
                   "measure what is there already once more: medians of all count");
  command.add_option("--wait", options.wait_s, "for ranks that come late, in seconds")
      .range(1.0, 86'400.0)
      .show_default();
}

}  // namespace

void add_fleet_links(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<LinksOptions>();
  Command command =
      fleet.add_subcommand("links", "measure, or judge, what connects the nodes of a fleet");
  command.add_option("folder", options->folder, "of the fleet: measurements are in its links/")
      .required();
  add_measuring(command, *options);
  add_share(command, "--slower-than", options->least_slowdown,
            "what counts as slow at least, such as 3%");
  command.add_flag("--all", options->view.all, "list healthy nodes too, where there are many");
  command.add_flag("--pairs", options->view.pairs, "list every pair, not every node");
  add_format(command, options->view.format);
  command.on_parse(
      [options, &end] { end = options->measure ? measure(*options) : judge(*options); });
}

}  // namespace derate::cli
