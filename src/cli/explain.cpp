// SPDX-License-Identifier: Apache-2.0
// derate explain: measures a product or a stream stage by stage, and says where the rest of the
// peak went. Each round is two processes: one in which all stages are interleaved, and one that
// measures the whole alone, with which the product of the factors is compared.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include "attribution/waterfall.h"
#include "attribution/waterfall_report.h"
#include "backend/selection.h"
#include "base/signals.h"
#include "base/standard_streams.h"
#include "cli/bench_end.h"
#include "cli/commands.h"
#include "measure/bench_processes.h"
#include "record/load.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

struct ExplainOptions {
  std::string device = "auto";
  bool all_devices = false;
  std::string precision;
  std::string variant;
  std::optional<std::int64_t> m, n, k;
  int rounds = 3;
  int most_rounds = 12;
  std::filesystem::path out;
  std::filesystem::path bench;
  std::vector<std::filesystem::path> files;
  Format format = Format::table;
};

using Extents = std::vector<std::int64_t>;

std::string problem_of(const Extents& extents) {
  return fmt::format("m:{},n:{},k:{}", extents[0], extents[1], extents[2]);
}

/// Measures on one device, into the records and the stages of its folder.
class Explainer {
 public:
  Explainer(const ExplainOptions& options, const Device& device)
      : options_(options),
        bench_(options.bench.empty() ? default_bench() : options.bench),
        device_(device),
        folder_(options.out.empty() ? default_folder(device) : options.out, device) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  /// One round of all stages, interleaved.
  ExitCode measure_stages(const std::string& filter, const Extents& extents) {
    std::vector<std::string> arguments = arguments_for(folder_.path() / kStagesFile, extents);
    arguments.emplace_back("--derate_stages");
    arguments.push_back("--benchmark_filter=" + filter);
    return run({arguments});
  }

  /// One round of the whole, and of what a library makes of the same.
  ExitCode measure_alone(const std::string& filter, const Extents& extents) {
    std::vector<std::string> arguments = arguments_for(folder_.records(), extents);
    arguments.push_back("--benchmark_filter=" + filter);
    return run({arguments});
  }

  [[nodiscard]] Attribution read() const {
    std::vector<BadLine> bad;
    Attribution attribution = read_attribution({folder_.path()}, "", bad);
    warn_of(bad);
    return attribution;
  }

 private:
  [[nodiscard]] std::vector<std::string> arguments_for(const std::filesystem::path& records,
                                                       const Extents& extents) const {
    std::vector<std::string> arguments = {
        fmt::format("--derate_device={}:{}", device_.backend, device_.index),
        "--derate_out=" + records.string(), fmt::format("--derate_parent={}", ::getpid()),
        "--derate_quiet", "--benchmark_format=json"};
    if (!extents.empty()) arguments.push_back("--derate_problem=" + problem_of(extents));
    return arguments;
  }

  ExitCode run(const std::vector<std::vector<std::string>>& arguments) {
    const SignalsNoted signals;
    const ProcessEnd end = run_benches(bench_, arguments).front();
    if (SignalsNoted::received()) return ExitCode::interrupted;
    return end_of_bench(bench_, end, true);
  }

  const ExplainOptions& options_;
  std::filesystem::path bench_;
  Device device_;
  OutputFolder folder_;
};

/// "(tiled|multistage)", of those of which stages were measured, or all.
std::string any_of(const std::set<std::string>& variants) {
  return fmt::format("({})", fmt::join(variants, "|"));
}

std::string stages_filter(const ExplainOptions& options) {
  const std::string any = "[^/]+";
  return fmt::format("/gemm/{}/{}/", options.variant.empty() ? any : options.variant,
                     options.precision.empty() ? any : options.precision);
}

/// The whole of what was taken apart, and libraries in the same formats.
std::string alone_filter(const Attribution& attribution) {
  std::set<std::string> variants = {"openblas", "cublas", "cublas_lt"};
  std::set<std::string> precisions;
  for (const Waterfall& waterfall : attribution.waterfalls()) {
    variants.insert(waterfall.whole.variant);
    precisions.insert(waterfall.whole.precision);
  }
  return fmt::format("/gemm/{}/{}/", any_of(variants), any_of(precisions));
}

bool all_known_well(const Attribution& attribution, const Extents& extents) {
  const std::vector<Waterfall> waterfalls = attribution.waterfalls();
  return std::all_of(waterfalls.begin(), waterfalls.end(), [&](const Waterfall& waterfall) {
    const bool is_other =
        !extents.empty() && waterfall.whole.problem !=
                                fmt::format("m:{}/n:{}/k:{}", extents[0], extents[1], extents[2]);
    return is_other || is_known_well(waterfall);
  });
}

/// Rounds until what is unexplained is known well, or there were as many as may be.
ExitCode measure_product(const ExplainOptions& options, Explainer& explainer,
                         const Extents& extents) {
  std::string alone;
  Extents measured = extents;
  for (int round = 1; round <= std::max(options.rounds, options.most_rounds); ++round) {
    if (round > options.rounds && all_known_well(explainer.read(), measured)) break;
    say("derate", fmt::format("round {} of {}{}", round, round > options.rounds ? "at most " : "",
                              round > options.rounds ? options.most_rounds : options.rounds));
    ExitCode end = explainer.measure_stages(stages_filter(options), measured);
    if (!goes_on_after(end)) return end;
    if (alone.empty()) {
      const Attribution attribution = explainer.read();
      const std::vector<Waterfall> waterfalls = attribution.waterfalls();
      if (waterfalls.empty()) return ExitCode::failed;  // whose reasons are shown with the result
      alone = alone_filter(attribution);
      if (measured.empty()) {
        const Problem problem = *Problem::parse(waterfalls.back().whole.problem);
        measured = {problem.at("m"), problem.at("n"), problem.at("k")};
      }
    }
    end = explainer.measure_alone(alone, measured);
    if (!goes_on_after(end)) return end;
  }
  return ExitCode::ok;
}

ExitCode show(const Attribution& attribution, Format format) {
  const std::vector<Waterfall> waterfalls = attribution.waterfalls();
  write_waterfalls(std::cout, waterfalls, format);
  for (const std::string& refusal : attribution.refusals()) say("derate", refusal);
  if (waterfalls.empty()) {
    throw Error(ExitCode::failed, "no product could be taken apart");
  }
  return ExitCode::ok;
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

void say_where(const Explainer& explainer) {
  say("derate",
      fmt::format("written to {}: records.jsonl, {}", explainer.folder().string(), kStagesFile));
}

ExitCode explain_gemm(const ExplainOptions& options) {
  const Inventory inventory = probe_backends({options.device});
  const Device device = chosen_device(options, inventory).device;
  Explainer explainer(options, device);
  const ExitCode end = measure_product(options, explainer, extents_of(options));
  if (!goes_on_after(end)) return end;
  const ExitCode shown = show(explainer.read(), options.format);
  say_where(explainer);
  return end == ExitCode::ok ? shown : end;
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
  Explainer explainer(options, device);
  ExitCode worst = ExitCode::ok;
  for (const Extents& extents : sizes_for_rule(device)) {
    say("derate", "measuring gemm " + problem_of(extents));
    const ExitCode end = measure_product(options, explainer, extents);
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  const Attribution attribution = explainer.read();
  write_rule_of_thumb(std::cout, attribution.waterfalls(), options.format);
  for (const std::string& refusal : attribution.refusals()) say("derate", refusal);
  say_where(explainer);
  return worst;
}

ExitCode explain_files(const ExplainOptions& options) {
  std::vector<BadLine> bad;
  const Attribution attribution = read_attribution(options.files, options.device, bad);
  warn_of(bad);
  if (attribution.waterfalls().empty() && attribution.refusals().empty()) {
    throw Error(ExitCode::invalid_input,
                "no record is of a stage: derate explain gemm measures some");
  }
  return show(attribution, options.format);
}

void add_measuring(Command& command, ExplainOptions& options) {
  command.add_option("--device", options.device,
                     "auto (a GPU, or else the host), host, cuda, cuda:1, ...");
  command.add_option("--precision", options.precision, "of the operands: f32, bf16, ...")
      .not_empty();
  command.add_option("--variant", options.variant, "of the own kernels: tiled, multistage, ...")
      .not_empty();
  command
      .add_option("--rounds", options.rounds,
                  "of all stages and of the whole alone, each in processes of their own")
      .range(1, 1000)
      .show_default();
  command
      .add_option("--most-rounds", options.most_rounds,
                  "go on for so many rounds until what is unexplained is known to ±2 %")
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

void add_gemm(Command& explain, ExitCode& end) {
  const auto options = std::make_shared<ExplainOptions>();
  Command command = explain.add_subcommand("gemm", "a matrix product, factor by factor");
  for (auto [name, extent] : {std::pair("--m", &options->m), std::pair("--n", &options->n),
                              std::pair("--k", &options->k)}) {
    command.add_option(name, *extent, "of the product (default: the largest of the quick suite)")
        .range(std::int64_t{1}, std::int64_t{1} << 30);
  }
  add_measuring(command, *options);
  command.on_parse([options, &end] { end = explain_gemm(*options); });
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
  add_rule(command, end);
  add_show(command, end);
  command.on_parse([command] {
    if (command.subcommand_given()) return;
    throw Error(ExitCode::usage, "what to explain is missing (see derate explain --help)");
  });
}

}  // namespace derate::cli
