// SPDX-License-Identifier: Apache-2.0
// Prints the tables of docs/regression.md as Markdown:
//   derate_gate_simulation [RUNS] [CSV]
//   derate_gate_simulation RUNS rhythms      only noise that depends on when a process runs
//   derate_gate_simulation RUNS promises     only what derate noise states, 50 rows a run
//   derate_gate_simulation RUNS builds       only several builds a side
// RUNS gates of 50 benchmarks for each noise (default 2,000; a quarter of it, at most 1,000, for
// each power), the peers at most 1,000 times, and at most 4,000 gates drawn from recorded processes
// (default tests/statistics/data/host_aa.csv).
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "statistics/builds.h"
#include "statistics/noise_runs.h"
#include "statistics/peers.h"
#include "statistics/recorded.h"

namespace derate::test {
namespace {

constexpr std::uint64_t kSeed = 20261121;

std::string percent(double share, int digits = 1) {
  return fmt::format("{:.{}f} %", 100 * share, digits);
}

std::string with_bounds(const Share& share) {
  return fmt::format("{} of {} (≤ {})", share.hits, share.trials, percent(share.high(), 2));
}

void flush(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);
}

std::string powers_row(const std::function<Tally(double slowdown)>& run) {
  std::string row;
  for (const double slowdown : {0.01, 0.02, 0.03, 0.05}) {
    const Share found = run(slowdown).found;
    row += slowdown == 0.02
               ? fmt::format(" | {} (≥ {})", percent(found.value()), percent(found.low()))
               : " | " + percent(found.value());
  }
  return row;
}

void print_gate(int runs) {
  flush(
      "| noise | runs with a false alarm | with a false improvement | 1 % found | 2 % found | "
      "3 % found | 5 % found | 2 % called unchanged | inconclusive | processes |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const Noise& noise : scenarios()) {
    const Tally same = simulate({}, noise, runs, 0, kSeed);
    Share unchanged;
    const std::string powers = powers_row([&](double slowdown) {
      Tally tally = simulate({}, noise, std::min(runs / 4, 1000), slowdown, kSeed + 1);
      if (slowdown == 0.02) unchanged = tally.missed_unchanged;
      return tally;
    });
    flush(fmt::format("| {} | {} | {}{} | {} of {} | {} | {:.1f} |\n", noise.name,
                      with_bounds(same.false_alarm), with_bounds(same.false_improvement), powers,
                      unchanged.hits, unchanged.trials, percent(same.inconclusive.value()),
                      same.process_runs));
  }
}

void print_rhythms(int runs) {
  flush(
      "\n| noise | runs with a false alarm | with a false improvement | 2 % found | "
      "2 % called unchanged |\n| --- | --- | --- | --- | --- |\n");
  for (const Noise& noise : rhythms()) {
    const Tally same = simulate_alarms({}, noise, runs, kSeed);
    const Tally slower = simulate({}, noise, std::min(runs / 4, 1000), 0.02, kSeed + 1);
    flush(fmt::format("| {} | {} | {} | {} | {} of {} |\n", noise.name,
                      with_bounds(same.false_alarm), with_bounds(same.false_improvement),
                      percent(slower.found.value()), slower.missed_unchanged.hits,
                      slower.missed_unchanged.trials));
  }
}

std::string builds_row(const Builds& builds, int runs) {
  const Noise noise = scenario("typical");
  const Tally same = simulate_alarms(noise, builds, runs, kSeed);
  std::string row =
      fmt::format("| {} and {} | {:g} and {:g}{} | {} | {}", builds.counts.base,
                  builds.counts.candidate, 100 * builds.base_sd, 100 * builds.candidate_sd,
                  builds.kind == Layouts::two_places ? ", two places" : "",
                  with_bounds(same.false_alarm), with_bounds(same.false_improvement));
  for (const double slowdown : {0.05, 0.10, 0.20, 0.50}) {
    row +=
        " | " +
        percent(
            simulate(noise, builds, std::min(runs / 10, 1000), slowdown, kSeed + 1).found.value());
  }
  return row + " |\n";
}

void print_builds(int runs) {
  flush(
      "\n| builds | standard deviation of their times, % | runs with a false alarm | with a false "
      "improvement | 5 % found | 10 % found | 20 % found | 50 % found |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const double sd : {0.0, 0.02, 0.05, 0.10}) {
    flush(builds_row({{5, 5}, sd, sd}, runs));
  }
  flush(builds_row({{5, 5}, 0.02, 0.10}, runs));
  for (const BuildCounts& counts : {BuildCounts{2, 2}, {3, 3}, {8, 8}, {5, 1}, {5, 3}}) {
    flush(builds_row({counts, 0.02, 0.02}, runs));
  }
  flush(builds_row({{5, 5}, 0.05, 0.05, Layouts::two_places}, runs));
  flush(builds_row({{8, 8}, 0.05, 0.05, Layouts::two_places}, runs));
}

void print_promises(int runs) {
  flush(
      "\n| true spread of a pair | suspects | rows of which 2 % is promised | found in these | "
      "what a row states is found |\n| --- | --- | --- | --- | --- |\n");
  for (const double pair_sd : {0.005, 0.0075, 0.010, 0.011, 0.0125, 0.015, 0.020}) {
    const Promises said = promises(pair_sd, 20, runs, kSeed + 4);
    flush(fmt::format("| {} | {:.1f} | {} | {} | {} of {} ({}, ≥ {}) |\n", percent(pair_sd, 2),
                      said.suspects, percent(said.of_promise.value(), 2), percent(said.found),
                      said.kept.hits, said.kept.trials, percent(said.kept.value(), 2),
                      percent(said.kept.low(), 2)));
  }
}

void print_peers(int runs) {
  flush("\n| rule |");
  const std::vector<Noise> all = scenarios();
  for (std::size_t i = 0; i < 3; ++i) flush(" " + all[i].name + " |");
  flush("\n| --- | --- | --- | --- |\n");
  for (const Peer& peer : peers()) {
    std::string row = "| " + peer.name;
    for (std::size_t i = 0; i < 3; ++i) {
      const PeerTally same = replay_peer(peer, all[i], runs, 0, kSeed);
      const PeerTally slower = replay_peer(peer, all[i], runs, 0.02, kSeed + 1);
      row += fmt::format(" | {} → {}", percent(same.false_alarm.value()),
                         percent(slower.found.value()));
    }
    flush(row + " |\n");
  }
  std::string row = "| **derate gate**";
  for (std::size_t i = 0; i < 3; ++i) {
    row += fmt::format(" | {} → {}",
                       percent(simulate({}, all[i], runs, 0, kSeed + 2).false_alarm.value()),
                       percent(simulate({}, all[i], runs, 0.02, kSeed + 3).found.value()));
  }
  flush(row + " |\n");
}

void print_recorded(int runs, const std::string& path) {
  const Recorded recorded = read_recorded(path);
  if (recorded.processes.empty()) {
    flush(fmt::format("\n{}: no recorded processes\n", path));
    return;
  }
  flush(fmt::format("\n{} processes of {} benchmarks; blocks of 10\n\n", recorded.processes.size(),
                    recorded.benchmarks.size()));
  const Tally same = replay({}, recorded, runs, 0, kSeed);
  flush(
      fmt::format("Runs with a false alarm: {}; with a false improvement: {}; inconclusive: {}.\n",
                  with_bounds(same.false_alarm), with_bounds(same.false_improvement),
                  percent(same.inconclusive.value())));
  flush(
      "\n| benchmark | 2 % found | 2 % called unchanged | missed, and said so |\n"
      "| --- | --- | --- | --- |\n");
  for (std::size_t b = 0; b < recorded.benchmarks.size(); ++b) {
    const Tally slower = replay({}, recorded, runs / 4, 0.02, kSeed + 1, 10, static_cast<int>(b));
    flush(fmt::format("| {} | {} | {} | {} of {} |\n", recorded.benchmarks[b],
                      percent(slower.found.value()), percent(slower.missed_unchanged.value()),
                      slower.honest.hits, slower.honest.trials));
  }
}

void print_detectable() {
  flush(
      "\n| standard deviation of a pair | smallest slowdown found | pairs for 2 % |\n"
      "| --- | --- | --- |\n");
  for (const double sd : {0.002, 0.003, 0.005, 0.0075, 0.010, 0.015, 0.020, 0.030}) {
    flush(fmt::format("| {} | {} | {} |\n", percent(sd, 2), percent(detectable_slowdown({}, sd), 2),
                      pairs_needed({}, sd)));
  }
}

}  // namespace
}  // namespace derate::test

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 2000;
  if (runs < 1) {
    std::fputs(
        "usage: derate_gate_simulation [RUNS] [RECORDED.csv | rhythms | promises | builds]\n",
        stderr);
    return 2;
  }
  if (argc > 2 && std::string_view(argv[2]) == "rhythms") {
    derate::test::print_rhythms(runs);
    return 0;
  }
  if (argc > 2 && std::string_view(argv[2]) == "promises") {
    derate::test::print_promises(runs);
    return 0;
  }
  if (argc > 2 && std::string_view(argv[2]) == "builds") {
    derate::test::print_builds(runs);
    return 0;
  }
  derate::test::print_gate(runs);
  derate::test::print_rhythms(runs);
  derate::test::print_builds(std::min(runs, 1000));
  derate::test::print_promises(std::min(runs / 10, 200));
  derate::test::print_peers(std::min(runs, 1000));
  derate::test::print_detectable();
  derate::test::print_recorded(std::min(runs, 4000), argc > 2 ? argv[2] : DERATE_HOST_AA);
  return 0;
}
