// SPDX-License-Identifier: Apache-2.0
// Starts the processes of the rounds, and decides after each whether another is needed.
#include "cli/explain_measuring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/signals.h"
#include "base/standard_streams.h"
#include "cli/bench_end.h"
#include "derate/work.h"
#include "measure/bench_processes.h"
#include "record/load.h"

namespace derate::cli {
namespace {

/// Of processes that run at the same time, the first that did not end well.
ExitCode measured(const std::filesystem::path& bench,
                  const std::vector<std::vector<std::string>>& arguments) {
  const SignalsNoted signals;
  const std::vector<ProcessEnd> ends = run_benches(bench, arguments);
  if (SignalsNoted::received()) return ExitCode::interrupted;
  ExitCode worst = ExitCode::ok;
  for (const ProcessEnd& end : ends) add_end(end_of_bench(bench, end, true), worst);
  return worst;
}

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

}  // namespace

std::string problem_of(const Extents& extents) {
  return fmt::format("m:{},n:{},k:{}", extents[0], extents[1], extents[2]);
}

Explainer::Explainer(const ExplainOptions& options, const Device& device,
                     std::filesystem::path folder)
    : bench_(options.bench.empty() ? default_bench() : options.bench),
      device_(device),
      folder_(std::move(folder), device) {}

ExitCode Explainer::measure_stages(const std::string& filter, const Extents& extents) const {
  std::vector<std::string> arguments = arguments_for(folder_.path() / kStagesFile, filter, extents);
  arguments.emplace_back("--derate_stages");
  return measured(bench_, {arguments});
}

ExitCode Explainer::measure_alone(const std::string& filter, const Extents& extents) {
  alone_ = arguments_for(folder_.records(), filter, extents);
  return measured(bench_, {alone_});
}

std::vector<std::string> Explainer::arguments_at_once(std::size_t devices) const {
  std::vector<std::string> arguments = alone_;
  arguments.push_back(fmt::format("--derate_devices_at_once={}", devices));
  return arguments;
}

void Explainer::read_into(Attribution& attribution) const {
  std::vector<BadLine> bad;
  read_attribution({folder_.path()}, "", attribution, bad);
  warn_of(bad);
}

Attribution Explainer::read() const {
  Attribution attribution;
  read_into(attribution);
  return attribution;
}

std::vector<std::string> Explainer::arguments_for(const std::filesystem::path& records,
                                                  const std::string& filter,
                                                  const Extents& extents) const {
  std::vector<std::string> arguments = {
      fmt::format("--derate_device={}:{}", device_.backend, device_.index),
      "--derate_out=" + records.string(),
      fmt::format("--derate_parent={}", ::getpid()),
      "--derate_quiet",
      "--benchmark_format=json",
      "--benchmark_filter=" + filter};
  if (!extents.empty()) arguments.push_back("--derate_problem=" + problem_of(extents));
  return arguments;
}

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

ExitCode measure_at_once(const ExplainOptions& options,
                         const std::vector<std::unique_ptr<Explainer>>& explainers) {
  const std::filesystem::path bench = options.bench.empty() ? default_bench() : options.bench;
  ExitCode worst = ExitCode::ok;
  for (int round = 1; round <= options.rounds; ++round) {
    say("derate", fmt::format("all {} devices at once, round {} of {}", explainers.size(), round,
                              options.rounds));
    std::vector<std::vector<std::string>> arguments;
    for (const auto& explainer : explainers) {
      arguments.push_back(explainer->arguments_at_once(explainers.size()));
    }
    const ExitCode end = measured(bench, arguments);
    if (!goes_on_after(end)) return end;
    add_end(end, worst);
  }
  return worst;
}

}  // namespace derate::cli
