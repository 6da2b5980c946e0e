// SPDX-License-Identifier: Apache-2.0
// Starts the processes of the rounds, and decides after each whether another is needed.
#include "cli/explain_measuring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
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

/// One size, and which own kernels multiply it.
struct Product {
  Extents extents;
  std::set<std::string> variants;
  std::set<std::string> precisions;

  [[nodiscard]] std::string filter(std::set<std::string> others) const {
    others.insert(variants.begin(), variants.end());
    return fmt::format("/gemm/{}/{}/", any_of(others), any_of(precisions));
  }
  [[nodiscard]] bool is_of(const Waterfall& waterfall) const {
    const Record& whole = waterfall.whole;
    return whole.problem == fmt::format("m:{}/n:{}/k:{}", extents[0], extents[1], extents[2]) &&
           variants.contains(whole.variant) && precisions.contains(whole.precision);
  }
};

/// What the last process took apart, by size.
std::vector<Product> products_of(const Attribution& attribution) {
  std::vector<Product> products;
  for (const Record& whole : attribution.latest_wholes()) {
    const std::optional<Problem> problem = Problem::parse(whole.problem);
    if (!problem) continue;
    const Extents extents = {problem->at("m"), problem->at("n"), problem->at("k")};
    auto product = std::find_if(products.begin(), products.end(),
                                [&](const Product& known) { return known.extents == extents; });
    if (product == products.end()) product = products.insert(product, {extents, {}, {}});
    product->variants.insert(whole.variant);
    product->precisions.insert(whole.precision);
  }
  return products;
}

bool all_known_well(const Attribution& attribution, const std::vector<Product>& products) {
  const std::vector<Waterfall> waterfalls = attribution.waterfalls();
  return std::all_of(waterfalls.begin(), waterfalls.end(), [&](const Waterfall& waterfall) {
    const bool is_ours = std::any_of(products.begin(), products.end(),
                                     [&](const Product& each) { return each.is_of(waterfall); });
    return !is_ours || is_known_well(waterfall);
  });
}

void say_round(int round, const ExplainOptions& options) {
  const bool is_more = round > options.rounds;
  say("derate", fmt::format("round {} of {}{}", round, is_more ? "at most " : "",
                            is_more ? options.most_rounds : options.rounds));
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
  std::vector<Product> products;
  ExitCode worst = ExitCode::ok;
  const auto goes_on = [&worst](ExitCode end) {
    add_end(end, worst);
    return goes_on_after(end);
  };
  for (int round = 1; round <= std::max(options.rounds, options.most_rounds); ++round) {
    if (round > options.rounds && all_known_well(explainer.read(), products)) break;
    say_round(round, options);
    if (round == 1) {
      if (!goes_on(explainer.measure_stages(stages_filter(options), extents))) return worst;
      products = products_of(explainer.read());
      if (products.empty()) return ExitCode::failed;  // whose reasons are shown with the result
    }
    for (const Product& product : products) {
      if (round > 1 && !goes_on(explainer.measure_stages(product.filter({}), product.extents))) {
        return worst;
      }
      const std::string alone = product.filter({"openblas", "cublas", "cublas_lt"});
      if (!goes_on(explainer.measure_alone(alone, product.extents))) return worst;
    }
  }
  return worst;
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
