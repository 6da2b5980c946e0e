// SPDX-License-Identifier: Apache-2.0
// Prints the tables of docs/fleet.md as Markdown:
//   derate_fleet_simulation [FLEETS] [SEED] [rules|models|curve]
// FLEETS fleets (default 100) for each model, of which every rule judges the same ones.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "statistics/fleet_rules.h"

namespace derate::test {
namespace {

std::string percent(double share, int digits = 1) {
  return fmt::format("{:.{}f} %", 100 * share, digits);
}

std::string found_cell(const FleetTally& tally, std::size_t at) {
  return tally.slow[at] == 0 ? "–" : percent(static_cast<double>(tally.found[at]) / tally.slow[at]);
}

void print_row(const std::string& model, const std::string& rule, const FleetTally& tally) {
  fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} of {} | {} |\n", model, rule,
             found_cell(tally, 0), found_cell(tally, 1), found_cell(tally, 2), found_cell(tally, 3),
             percent(tally.power()), tally.healthy_named, tally.named,
             percent(tally.false_share(), 2));
  std::fflush(stdout);
}

void print_head() {
  fmt::print(
      "| fleet | rule | 5–6 % | 6–8 % | 8–12 % | 12–20 % | ≥ 6 % found | healthy among the "
      "named | share |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
}

/// Slowest against fastest of compute, mean over fleets without slow GPUs.
double range_of(FleetModel model, std::uint64_t seed) {
  constexpr int kFleets = 50;
  model.slow_share = 0;
  double sum = 0;
  for (int i = 0; i < kFleets; ++i) {
    const SimulatedFleet made = FleetDraw(model, seed + static_cast<std::uint64_t>(i)).draw();
    std::vector<fleet::Distribution> rows;
    for (std::size_t row = 0; row < made.levels.rows; ++row) {
      std::vector<double> values;
      for (std::size_t gpu = 0; gpu < made.levels.gpus; ++gpu) {
        values.push_back(made.levels.at(gpu, row));
      }
      rows.push_back(fleet::distribution_of(values));
    }
    const fleet::Distribution compute =
        fleet::distribution_of(fleet::part_levels(made.levels, rows, fleet::Part::compute));
    sum += compute.fastest - compute.slowest;
  }
  return sum / kFleets;
}

void print_rules(int fleets, std::uint64_t seed) {
  const std::vector<std::pair<std::string, FleetRule>> rules = {
      {"derate", derate_rule()},
      {"SuperBench: any row −5 % of its baseline", any_row_below(0.95, trimmed_by_rule)},
      {"CSCS: any row −10 % of the median",
       any_row_below(0.90, [](const std::vector<double>& rates) { return median(rates); })},
      {"gpu-fryer: −10 % of the node's best", below_best_of_node},
      {"DCGM: 0.75 × 0.95 of the median",
       any_row_below(0.7125, [](const std::vector<double>& rates) { return median(rates); })},
      {"interquartile fence, any row", below_fence(1.5)},
      {"the same, 3 × the range", below_fence(3)}};
  std::vector<FleetRule> functions;
  for (const auto& [name, rule] : rules) functions.push_back(rule);
  print_head();
  for (const double residual : {0.005, 0.01, 0.02}) {
    FleetModel model;
    model.residual = residual;
    const std::string name =
        fmt::format("{} (slowest–fastest {})", percent(residual), percent(range_of(model, seed)));
    const std::vector<FleetTally> tallies = tally_rules(model, functions, fleets, seed);
    for (std::size_t i = 0; i < rules.size(); ++i) print_row(name, rules[i].first, tallies[i]);
  }
  fmt::print("\n");
}

void print_models(int fleets, std::uint64_t seed) {
  std::vector<FleetModel> models;
  const auto add = [&](const std::string& name, const auto& change) {
    FleetModel model;
    model.name = name;
    change(model);
    models.push_back(model);
  };
  add("memory alone slow", [](FleetModel& m) { m.fault = Fault::memory; });
  add("everything slow", [](FleetModel& m) { m.fault = Fault::everything; });
  add("mixed faults", [](FleetModel& m) { m.fault = Fault::mixed; });
  add("normal tails", [](FleetModel& m) { m.degrees = 200; });
  add("t of 6 degrees", [](FleetModel& m) { m.degrees = 6; });
  add("t of 4 degrees", [](FleetModel& m) { m.degrees = 4; });
  add("slow side 1.5 times as wide", [](FleetModel& m) { m.left_skewed = true; });
  add("5 % slow", [](FleetModel& m) { m.slow_share = 0.05; });
  add("no slow GPU", [](FleetModel& m) { m.slow_share = 0; });
  add("nodes are most of it", [](FleetModel& m) { m.node_share = 0.8; });
  add("1 round", [](FleetModel& m) { m.rounds = 1; });
  add("1,024 GPUs", [](FleetModel& m) { m.nodes = 128; });
  add("4,096 GPUs", [](FleetModel& m) { m.nodes = 512; });
  add("256 GPUs", [](FleetModel& m) { m.nodes = 32; });
  add("64 GPUs", [](FleetModel& m) { m.nodes = 8; });
  add("16 GPUs", [](FleetModel& m) { m.nodes = 2; });
  print_head();
  for (const FleetModel& model : models) {
    const int count = std::max(20, std::min(fleets * 256 / model.nodes, 4 * fleets));
    const std::string name = fmt::format("{} ({})", model.name, percent(range_of(model, seed)));
    print_row(name, "derate", tally_rules(model, {derate_rule()}, count, seed).front());
  }
  fmt::print("\n");
}

/// Healthy among the named against the share that is asked for.
void print_curve(int fleets, std::uint64_t seed) {
  fmt::print(
      "| residual spread | asked: at most | ≥ 6 % found | healthy among the named |\n"
      "| --- | --- | --- | --- |\n");
  for (const double residual : {0.005, 0.01, 0.02}) {
    FleetModel model;
    model.residual = residual;
    const std::vector<double> asked = {0.001, 0.01, 0.05, 0.2};
    std::vector<FleetRule> rules;
    for (const double share : asked) {
      fleet::Asked one;
      one.false_share = share;
      rules.push_back(derate_rule(one));
    }
    const std::vector<FleetTally> tallies = tally_rules(model, rules, fleets, seed + 7);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      fmt::print("| {} | {} | {} | {} |\n", percent(residual), percent(asked[i]),
                 percent(tallies[i].power()), percent(tallies[i].false_share(), 2));
    }
  }
}

}  // namespace
}  // namespace derate::test

int main(int argc, char** argv) {
  const int fleets = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20261130;
  const std::string part = argc > 3 ? argv[3] : "";
  if (part.empty() || part == "rules") derate::test::print_rules(fleets, seed);
  if (part.empty() || part == "models") derate::test::print_models(fleets, seed + 100'000);
  if (part.empty() || part == "curve") derate::test::print_curve(fleets, seed + 200'000);
}
