// SPDX-License-Identifier: Apache-2.0
// derate fleet report: who of many GPUs is slow.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/kept_streams.h"
#include "cli/commands.h"
#include "cli/fleet_commands.h"
#include "cli/options/fleet_inputs.h"
#include "fleet/fleet_metrics.h"
#include "fleet/fleet_page.h"
#include "fleet/node_pairs.h"
#include "fleet/write_report.h"

namespace derate::cli {
namespace {

namespace fs = std::filesystem;

struct FleetForm {
  std::string_view name;
  std::string (*text)(const fleet::FleetRecords&, const fleet::FleetVerdicts&,
                      const fleet::NodePairs&);
};

constexpr std::array kFleetForms = {
    FleetForm{"html",
              [](const auto& records, const auto& verdicts, const auto& pairs) {
                return fleet::fleet_html(records, verdicts, pairs.pairs);
              }},
    FleetForm{"openmetrics", [](const auto& records, const auto& verdicts,
                                const auto&) { return fleet::fleet_metrics(records, verdicts); }},
    FleetForm{"grafana", [](const auto&, const auto&, const auto&) {
                return std::string(fleet::grafana_dashboard());
              }}};

struct FleetFile {
  const FleetForm* form = nullptr;
  fs::path path;
};

FleetFile parse_fleet_file(const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const auto* const form = std::find_if(
      kFleetForms.begin(), kFleetForms.end(),
      [&](const FleetForm& each) { return each.name == std::string_view(text).substr(0, equals); });
  if (form == kFleetForms.end() || equals + 1 >= text.size()) {
    throw Error(ExitCode::usage,
                fmt::format("--write needs FORM=FILE, where FORM is one of html, openmetrics, "
                            "grafana: \"{}\" is not",
                            fit_text::echoed(text)));
  }
  return {form, text.substr(equals + 1)};
}

struct FleetReportOptions {
  std::vector<fs::path> paths;
  fs::path reference;
  std::vector<FleetFile> files;
  fleet::Asked asked;
  Format format = Format::table;
  bool all = false;
};

/// What is only not known to be well is inconclusive, and so is a fleet of which a shard is
/// damaged.
ExitCode end_of(const fleet::FleetRecords& records, const fleet::FleetVerdicts& verdicts) {
  const auto count = [&](fleet::Verdict verdict) {
    return verdicts.counts[static_cast<std::size_t>(verdict)];
  };
  using fleet::Verdict;
  for (const Verdict verdict :
       {Verdict::faulty, Verdict::slow, Verdict::unstable, Verdict::different, Verdict::missing}) {
    if (count(verdict) > 0) return ExitCode::failed;
  }
  const bool is_open = count(Verdict::disturbed) + count(Verdict::not_judged) > 0 ||
                       count(Verdict::healthy) == 0 || !records.faults.empty();
  return is_open ? ExitCode::inconclusive : ExitCode::ok;
}

/// Before anything is read: what is read is not to be written over, nor one file twice.
void require_other_fleet_files(const FleetReportOptions& options) {
  if (options.files.empty()) return;
  std::vector<fs::path> taken = fleet_inputs(options.paths);
  if (!options.reference.empty()) taken.push_back(options.reference);
  for (const FleetFile& file : options.files) {
    for (const fs::path& other : taken) {
      if (!is_same_file(file.path, other)) continue;
      throw Error(ExitCode::usage,
                  fmt::format("--write {}={} would overwrite what is read, or written",
                              file.form->name, file.path.string()));
    }
    taken.push_back(file.path);
  }
}

ExitCode report_fleet(const FleetReportOptions& options) {
  const References references =
      options.reference.empty() ? References::built_in() : References::of_file(options.reference);
  require_other_fleet_files(options);
  const fleet::FleetRecords records = fleet::read_fleet(options.paths);
  fleet::FleetVerdicts verdicts = fleet::judge_fleet(records, references, options.asked);
  const fleet::NodePairs pairs = fleet::node_pairs(records);
  verdicts.notes.insert(verdicts.notes.end(), pairs.notes.begin(), pairs.notes.end());
  for (const FleetFile& file : options.files) {
    write_file(file.path, file.form->text(records, verdicts, pairs));
  }
  fleet::write_report(standard_output(), records, verdicts, options.format, options.all);
  return end_of(records, verdicts);
}

}  // namespace

void add_fleet_report(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<FleetReportOptions>();
  Command command = fleet.add_subcommand(
      "report",
      "judge each GPU against its group. Exit code 0 nothing to drain, 1 some are slow, unstable, "
      "different, missing or faulty, 4 not to be told");
  command
      .add_option("paths", options->paths,
                  "folders of derate fleet run, folders of derate run, or files of records, plain "
                  "or compressed with zstd")
      .required();
  command
      .add_option("--least-slowdown", options->asked.least_slowdown,
                  "a GPU that is slower by less than this share is not named")
      .range(0.0, 0.9)
      .show_default();
  command
      .add_option("--false-share", options->asked.false_share,
                  "of the GPUs that are named at most this share is healthy, on average")
      .range(1e-6, 0.5)
      .show_default();
  command
      .add_option("--reference", options->reference,
                  "what is usual: a file of the columns of data/reference.csv in its place")
      .not_empty();
  command.add_flag("--all", options->all,
                   "each row's distribution, and the evidence on everything that is named");
  add_format(command, options->format);
  command
      .add_list_function(
          "--write",
          [options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) options->files.push_back(parse_fleet_file(text));
          },
          "write a file too: html, a page; openmetrics, gauges for Prometheus; grafana, a "
          "dashboard of these; may be given several times")
      .type_name("FORM=FILE")
      .repeatable();
  command.on_parse([options, &end] { end = report_fleet(*options); });
}

}  // namespace derate::cli
