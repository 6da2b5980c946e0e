// SPDX-License-Identifier: Apache-2.0
// Matches benchmarks of both sides by name over all pairs; one that is missing, failed or not
// comparable gets its verdict here, the others a series of time pairs for the gate.
#include "regression/results/pairing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "regression/results/arm.h"

namespace derate {
namespace {

/// A benchmark on both sides.
struct Both {
  std::string name;
  std::string benchmark;  ///< without its problem
  Arm base;
  Arm candidate;
};

/// A pair with its results by name.
struct NamedPair {
  explicit NamedPair(const MeasuredPair& measured)
      : pair(measured), base(measured.base.report), candidate(measured.candidate.report) {}

  const MeasuredPair& pair;
  NamedResults base;
  NamedResults candidate;
};

using NamedPairs = std::vector<NamedPair>;

std::vector<Both> all_benchmarks(const PairingInput& input) {
  std::vector<Both> all;
  std::set<std::string> known;
  const auto collect = [&](const MeasuredProcess& said) {
    for (const BenchmarkResult& result : said.report.results) {
      const std::string name = result.name();
      if (!known.insert(name).second) continue;
      all.push_back({name, result.benchmark, Arm("base", name), Arm("candidate", name)});
    }
  };
  for (const MeasuredPair& pair : input.screen) {
    collect(pair.base);
    collect(pair.candidate);
  }
  return all;
}

void follow(const NamedPairs& pairs, const std::string& stage, Both& both) {
  for (const auto& [pair, base, candidate] : pairs) {
    const std::string where = fmt::format("{}, pair {}", stage, pair.number + 1);
    both.base.add(base, pair.base.failure, where, pair.base_build);
    both.candidate.add(candidate, pair.candidate.failure, where, pair.candidate_build);
  }
}

/// The first size of each benchmark that only the candidate has.
using OtherSizes = std::map<std::string, std::string>;

OtherSizes other_sizes(const std::vector<Both>& all) {
  OtherSizes sizes;
  for (const Both& each : all) {
    if (each.base.anywhere() || !each.candidate.anywhere()) continue;
    sizes.try_emplace(each.benchmark, each.candidate.first().problem);
  }
  return sizes;
}

/// What became of the machine or the program while the gate ran.
std::optional<Settled> changed(const Arm& arm, const std::string& side) {
  const auto change = arm.change("program_id");
  if (!change) return std::nullopt;
  const auto& [fact, where] = *change;
  return Settled{fact.hard ? Verdict::environment : Verdict::invalid,
                 fmt::format("{} of {} changed from {} to {} during the gate ({})", fact.name, side,
                             fact.base, fact.candidate, where)};
}

std::optional<Settled> settle(const Both& both, const OtherSizes& sizes) {
  if (!both.candidate.anywhere() && both.base.anywhere()) {
    const auto other = sizes.find(both.benchmark);
    if (other != sizes.end() && !other->second.empty()) {
      return Settled{Verdict::not_comparable,
                     fmt::format("candidate measures another size, {}", other->second)};
    }
  }
  if (auto settled = both.base.fault()) return settled;
  if (auto settled = both.candidate.fault()) return settled;
  if (auto settled = changed(both.base, "base")) return settled;
  if (auto settled = changed(both.candidate, "candidate")) return settled;
  return not_comparable(both.base, both.candidate);
}

PairedBenchmark paired(const Both& both, const PairingInput& input) {
  PairedBenchmark result;
  result.base_filter = both.base.first().filter_name;
  result.candidate_filter = both.candidate.first().filter_name;
  result.amount = both.base.amount();
  result.amount_unit = both.base.first().amount_unit;
  result.series.benchmark = both.name;
  const std::string hash = both.base.code_hash();
  result.series.same_code =
      input.same_program || (!hash.empty() && hash == both.candidate.code_hash());
  const std::vector<double> base_s = both.base.times_s();
  const std::vector<double> candidate_s = both.candidate.times_s();
  const std::vector<double> base_hz = both.base.clocks_hz();
  const std::vector<double> candidate_hz = both.candidate.clocks_hz();
  const std::size_t screened = input.screen.size();
  for (std::size_t i = 0; i < base_s.size(); ++i) {
    const bool fresh = i >= screened;
    const MeasuredPair& pair = fresh ? input.confirm[i - screened] : input.screen[i];
    (fresh ? result.series.confirm : result.series.screen)
        .push_back({base_s[i], candidate_s[i], base_hz[i], candidate_hz[i],
                    std::max(pair.base_build - 1, 0), std::max(pair.candidate_build - 1, 0)});
  }
  // Of the stage that decides.
  const std::size_t from = result.series.confirm.empty() ? 0 : screened;
  result.base_wall_s = both.base.wall_s(from);
  result.candidate_wall_s = both.candidate.wall_s(from);
  const std::string base_held = both.base.held_down(from);
  const std::string candidate_held = both.candidate.held_down(from);
  if (base_held.empty() != candidate_held.empty()) {
    result.held_down = "the clock was held down on one side only: " + base_held + candidate_held;
  }
  return result;
}

/// Notes of the readers, once each.
void add_notes(const PairingInput& input, Pairing& pairing) {
  std::set<std::string> known;
  const auto add = [&](const MeasuredProcess& said, const char* side) {
    for (const std::string& note : said.report.notes) {
      if (known.insert(side + note).second)
        pairing.notes.push_back(fmt::format("{}: {}", side, note));
    }
    if (said.report.bad.empty() || !known.insert(side).second) return;
    const BadLine& bad = said.report.bad.front();
    pairing.notes.push_back(fmt::format("{}: {} lines were left out, the first in {}, line {}: {}",
                                        side, said.report.bad.size(), bad.file, bad.line,
                                        bad.reason));
  };
  for (const auto& pairs : {input.screen, input.confirm}) {
    for (const MeasuredPair& pair : pairs) {
      add(pair.base, "base");
      add(pair.candidate, "candidate");
    }
  }
}

}  // namespace

Pairing pair_up(const PairingInput& input) {
  Pairing pairing;
  std::vector<Both> all = all_benchmarks(input);
  const NamedPairs screen(input.screen.begin(), input.screen.end());
  const NamedPairs confirm(input.confirm.begin(), input.confirm.end());
  for (Both& both : all) {
    follow(screen, "stage 1", both);
    if (input.confirmed.contains(both.name)) follow(confirm, "stage 2", both);
  }
  const OtherSizes sizes = other_sizes(all);
  Differences differences;
  for (const Both& both : all) {
    pairing.order.push_back(both.name);
    if (!both.base.anywhere() && !both.base.lost() && both.candidate.anywhere()) {
      pairing.notes.push_back(both.name + " is new in candidate");
      continue;
    }
    if (both.base.unsupported() && both.candidate.unsupported()) {
      pairing.notes.push_back(
          fmt::format("{} is not supported: {}", both.name, both.base.first().message));
      continue;
    }
    std::optional<Settled> settled = settle(both, sizes);
    const bool measured = both.base.complete() && both.candidate.complete();
    if (settled && settled->verdict == Verdict::not_comparable && measured && input.force) {
      pairing.forced = true;
      settled.reset();
    }
    if (settled) {
      pairing.settled.push_back(judgement_of(both.name, std::move(*settled)));
    } else {
      pairing.benchmarks.push_back(paired(both, input));
    }
    if (measured) differences.add(both.base, both.candidate);
  }
  pairing.differences = differences.take();
  add_notes(input, pairing);
  for (const MeasuredPair& pair : input.screen) {
    if (pair.base.report.environments.empty()) continue;
    pairing.environment = pair.base.report.environments.front();
    break;
  }
  return pairing;
}

}  // namespace derate
