// SPDX-License-Identifier: Apache-2.0
// derate explain: where the rest of the peak went, of a product, of a stream, of the three sizes
// that a rule of thumb is about, or of what was measured before.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "attribution/factor_table.h"
#include "attribution/stream_report.h"
#include "attribution/waterfall.h"
#include "attribution/waterfall_report.h"
#include "backend/selection.h"
#include "base/kept_streams.h"
#include "base/standard_streams.h"
#include "cli/bench_end.h"
#include "cli/commands.h"
#include "cli/explain_measuring.h"
#include "record/load.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

/// What there is of products, streams, or both.
ExitCode show(const Attribution& attribution, Format format) {
  const std::vector<Waterfall> waterfalls = attribution.waterfalls();
  const std::vector<StreamWaterfall> streams = attribution.streams();
  if (format == Format::table) {
    write_waterfalls(standard_output(), waterfalls);
    if (!waterfalls.empty() && !streams.empty()) standard_output() << '\n';
    write_stream_waterfalls(standard_output(), streams);
  } else {
    std::vector<FactorRow> rows = factor_rows(waterfalls);
    const std::vector<FactorRow> more = factor_rows(streams);
    rows.insert(rows.end(), more.begin(), more.end());
    write_factor_rows(standard_output(), rows, format);
  }
  for (const std::string& refusal : attribution.refusals()) say("derate", refusal);
  if (waterfalls.empty() && streams.empty()) {
    throw Error(ExitCode::failed, "nothing could be taken apart");
  }
  return attribution.has_wrong_results() ? ExitCode::failed : ExitCode::ok;
}

Selected chosen_device(const ExplainOptions& options, const Inventory& inventory) {
  return select_devices(inventory, {options.device}).front();
}

Extents extents_of(const ExplainOptions& options) {
  const int given =
      int{options.m.has_value()} + int{options.n.has_value()} + int{options.k.has_value()};
  if (given == 0) return {};
  if (given < 3) throw Error(ExitCode::usage, "--m, --n and --k belong together");
  return {*options.m, *options.n, *options.k};
}

std::filesystem::path folder_of(const ExplainOptions& options, const Device& device) {
  return options.out.empty() ? default_folder(device) : options.out;
}

void say_where(const Explainer& explainer) {
  say("derate",
      fmt::format("written to {}: records.jsonl, {}", explainer.folder().string(), kStagesFile));
}

/// With --all-devices every device of the kind that was named.
std::vector<Selected> devices_of(const ExplainOptions& options, const Inventory& inventory) {
  const Selected first = chosen_device(options, inventory);
  if (!options.all_devices) return {first};
  return select_devices(inventory, {first.device.backend});
}

ExitCode explain_gemm(const ExplainOptions& options) {
  const Inventory inventory = probe_backends({options.device});
  const std::vector<Selected> devices = devices_of(options, inventory);
  const std::filesystem::path parent =
      options.out.empty() ? default_folder("explain") : options.out;
  std::vector<std::unique_ptr<Explainer>> explainers;
  ExitCode worst = ExitCode::ok;
  for (const auto& [backend, device] : devices) {
    const std::filesystem::path folder =
        devices.size() > 1    ? parent / (device.backend + std::to_string(device.index))
        : options.out.empty() ? default_folder(device)
                              : options.out;
    explainers.push_back(std::make_unique<Explainer>(options, device, folder));
    if (devices.size() > 1) say("derate", device.selector() + ": " + device.name);
    const ExitCode end = measure_product(options, *explainers.back(), extents_of(options));
    if (end == ExitCode::usage) say("derate", "no own kernel of gemm like that has stages here");
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  if (devices.size() > 1) {
    const ExitCode end = measure_at_once(options, explainers);
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  if (options.all_devices && devices.size() == 1) say("derate", "--all-devices: there is only one");
  Attribution attribution;
  for (const auto& explainer : explainers) explainer->read_into(attribution);
  add_end(show(attribution, options.format), worst);
  for (const auto& explainer : explainers) say_where(*explainer);
  return worst;
}

ExitCode explain_stream(const ExplainOptions& options) {
  const Inventory inventory = probe_backends({options.device});
  const Device device = chosen_device(options, inventory).device;
  Explainer explainer(options, device, folder_of(options, device));
  const std::string filter = fmt::format("/(memory_triad|vector_add)/{}/f32/",
                                         options.variant.empty() ? "[^/]+" : options.variant);
  ExitCode worst = ExitCode::ok;
  for (int round = 1; round <= options.rounds; ++round) {
    say("derate", fmt::format("round {} of {}", round, options.rounds));
    const ExitCode end = explainer.measure_stages(filter, {});
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  add_end(show(explainer.read(), options.format), worst);
  say_where(explainer);
  return worst;
}

/// Small, medium and large, as the classes of sizes have them.
std::vector<Extents> sizes_for_rule(const Device& device) {
  const std::vector<std::int64_t> edges = device.backend == "host"
                                              ? std::vector<std::int64_t>{512, 1024, 2048}
                                              : std::vector<std::int64_t>{512, 2048, 8192};
  std::vector<Extents> sizes;
  for (const std::int64_t edge : edges) sizes.push_back({edge, edge, edge});
  return sizes;
}

ExitCode explain_rule(const ExplainOptions& options) {
  const Inventory inventory = probe_backends({options.device});
  const Device device = chosen_device(options, inventory).device;
  Explainer explainer(options, device, folder_of(options, device));
  ExitCode worst = ExitCode::ok;
  for (const Extents& extents : sizes_for_rule(device)) {
    say("derate", "measuring gemm " + problem_of(extents));
    const ExitCode end = measure_product(options, explainer, extents);
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  const Attribution attribution = explainer.read();
  write_rule_of_thumb(standard_output(), attribution.waterfalls(), options.format);
  for (const std::string& refusal : attribution.refusals()) say("derate", refusal);
  say_where(explainer);
  return worst;
}

ExitCode explain_files(const ExplainOptions& options) {
  std::vector<BadLine> bad;
  Attribution attribution;
  read_attribution(options.files, options.device, attribution, bad);
  warn_of(bad);
  if (attribution.waterfalls().empty() && attribution.streams().empty() &&
      attribution.refusals().empty()) {
    throw Error(ExitCode::invalid_input,
                "no record is of a stage: derate explain gemm measures some");
  }
  return show(attribution, options.format);
}

/// It becomes a part of a regular expression.
std::string not_a_word(const std::string& text) {
  const bool is_word = !text.empty() && std::all_of(text.begin(), text.end(), [](char each) {
    return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '_';
  });
  return is_word ? "" : fmt::format("\"{}\" is no name of a kernel or a format", text);
}

void add_device(Command& command, ExplainOptions& options) {
  command.add_option("--device", options.device,
                     "auto (a GPU, or else the host), host, cuda, cuda:1, ...");
  command.add_option("--variant", options.variant, "of the own kernels: tiled, multistage, ...")
      .check(not_a_word, "WORD");
}

void add_rounds_and_output(Command& command, ExplainOptions& options) {
  command
      .add_option("--rounds", options.rounds,
                  "of all stages and of the whole alone, each in processes of their own")
      .range(1, 1000)
      .show_default();
  command
      .add_option("--out", options.out,
                  "folder to write to (default: derate-out/<UTC time>-<device>)")
      .not_empty();
  command.add_option("--bench", options.bench, "measuring program (default: derate_bench)")
      .not_empty();
  add_format(command, options.format);
}

void add_measuring(Command& command, ExplainOptions& options) {
  add_device(command, options);
  command.add_option("--precision", options.precision, "of the operands: f32, bf16, ...")
      .check(not_a_word, "WORD");
  command
      .add_option("--most-rounds", options.most_rounds,
                  "go on for so many rounds until what is unexplained is known to ±2 %")
      .range(1, 1000)
      .show_default();
  add_rounds_and_output(command, options);
}

void add_gemm(Command& explain, ExitCode& end) {
  const auto options = std::make_shared<ExplainOptions>();
  Command command = explain.add_subcommand("gemm", "a matrix product, factor by factor");
  for (auto [name, extent] : {std::pair("--m", &options->m), std::pair("--n", &options->n),
                              std::pair("--k", &options->k)}) {
    command.add_option(name, *extent, "of the product (default: the largest of the quick suite)")
        .range(std::int64_t{1}, std::int64_t{1} << 30);
  }
  command.add_flag("--all-devices", options->all_devices,
                   "each of the kind that --device names, alone and then all at once: what shared "
                   "power, links and the host take");
  add_measuring(command, *options);
  command.on_parse([options, &end] { end = explain_gemm(*options); });
}

void add_stream(Command& explain, ExitCode& end) {
  const auto options = std::make_shared<ExplainOptions>();
  Command command = explain.add_subcommand(
      "stream", "vector_add and triad through memory: refresh, turnaround, tail, launches");
  add_device(command, *options);
  add_rounds_and_output(command, *options);
  command.on_parse([options, &end] { end = explain_stream(*options); });
}

void add_rule(Command& explain, ExitCode& end) {
  const auto options = std::make_shared<ExplainOptions>();
  Command command = explain.add_subcommand(
      "rule",
      "the 15 to 25 % of the rule of thumb: what a small, a medium and a large product lose");
  add_measuring(command, *options);
  command.on_parse([options, &end] { end = explain_rule(*options); });
}

void add_show(Command& explain, ExitCode& end) {
  const auto options = std::make_shared<ExplainOptions>();
  options->device.clear();
  Command command = explain.add_subcommand("show", "what was measured before, from its files");
  command.add_option("files", options->files, "folders of runs, or records files").required();
  command.add_option("--device", options->device,
                     "only this one: selector, id or part of its name");
  add_format(command, options->format);
  command.on_parse([options, &end] { end = explain_files(*options); });
}

}  // namespace

void add_explain(Command& app, ExitCode& end) {
  Command command =
      app.add_subcommand("explain", "where the rest of the peak went, stage by stage");
  command.require_subcommand(0, 1);  // with 1, CLI11 would not name an unknown one
  add_gemm(command, end);
  add_stream(command, end);
  add_rule(command, end);
  add_show(command, end);
  command.on_parse([command] {
    if (command.subcommand_given()) return;
    throw Error(ExitCode::usage, "what to explain is missing (see derate explain --help)");
  });
}

}  // namespace derate::cli
