// SPDX-License-Identifier: Apache-2.0
#include "observation/pairing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "observation/track.h"

namespace derate {
namespace {

/// A benchmark on both sides.
struct Both {
  std::string name;
  std::string benchmark;  ///< without its problem
  Track base;
  Track candidate;
};

std::vector<Both> all_benchmarks(const PairingInput& input) {
  std::vector<Both> all;
  std::set<std::string> known;
  const auto collect = [&](const Said& said) {
    for (const Observation& observation : said.report.observations) {
      const std::string name = observation.name();
      if (!known.insert(name).second) continue;
      all.push_back({name, observation.benchmark, Track("base", name), Track("candidate", name)});
    }
  };
  for (const MeasuredPair& pair : input.screen) {
    collect(pair.base);
    collect(pair.candidate);
  }
  return all;
}

void follow(const PairingInput& input, Both& both) {
  const auto add = [&](std::span<const MeasuredPair> pairs, const std::string& stage) {
    for (const MeasuredPair& pair : pairs) {
      both.base.add(pair.base, stage, pair.number);
      both.candidate.add(pair.candidate, stage, pair.number);
    }
  };
  add(input.screen, "stage 1");
  if (input.confirmed.contains(both.name)) add(input.confirm, "stage 2");
}

/// The same benchmark in another size, which only the other side has.
std::string other_size(const Both& both, const std::vector<Both>& all) {
  for (const Both& other : all) {
    const bool only_there = other.candidate.anywhere() && !other.base.anywhere();
    if (only_there && other.benchmark == both.benchmark) return other.candidate.problem();
  }
  return "";
}

std::optional<Settled> not_comparable(const Both& both) {
  for (const EnvironmentDifference& each :
       differences(both.base.environment(), both.candidate.environment())) {
    if (!each.hard) continue;
    return Settled{Verdict::not_comparable, fmt::format("{} is {} in base and {} in candidate",
                                                        each.name, each.base, each.candidate)};
  }
  if (both.base.unit() != both.candidate.unit()) {
    const auto name = [](const std::string& unit) { return unit.empty() ? "no unit" : unit; };
    return Settled{Verdict::not_comparable,
                   fmt::format("it counts {} in base and {} in candidate", name(both.base.unit()),
                               name(both.candidate.unit()))};
  }
  // Where an amount was made from a rate, it differs a little from process to process.
  const double ratio = both.candidate.amount() / both.base.amount();
  const double allowed = 1e-6 + 2 * (both.base.amount_spread() + both.candidate.amount_spread());
  if (!(std::abs(ratio - 1) > allowed)) return std::nullopt;
  return Settled{Verdict::not_comparable,
                 fmt::format("it is {:.6g} {} in base and {:.6g} in candidate", both.base.amount(),
                             both.base.unit(), both.candidate.amount())};
}

std::optional<Settled> settle(const Both& both, const std::vector<Both>& all) {
  if (!both.candidate.anywhere() && both.base.anywhere()) {
    const std::string other = other_size(both, all);
    if (!other.empty()) {
      return Settled{Verdict::not_comparable,
                     fmt::format("candidate measures another size, {}", other)};
    }
  }
  if (auto settled = both.base.fault()) return settled;
  if (auto settled = both.candidate.fault()) return settled;
  return not_comparable(both);
}

PairedBenchmark paired(const Both& both, const PairingInput& input) {
  PairedBenchmark result;
  const Observation& base = both.base[0];
  result.base_filter = base.filter_name;
  result.candidate_filter = both.candidate[0].filter_name;
  result.amount = both.base.amount();
  result.amount_unit = base.amount_unit;
  result.series.benchmark = both.name;
  const std::string hash = both.base.code_hash();
  result.series.same_code =
      input.same_program || (!hash.empty() && hash == both.candidate.code_hash());
  const std::size_t confirm = input.confirmed.contains(both.name) ? input.confirm.size() : 0;
  for (std::size_t i = 0; i < input.screen.size() + confirm; ++i) {
    auto& pairs = i < input.screen.size() ? result.series.screen : result.series.confirm;
    pairs.push_back({both.base[i].time_s, both.candidate[i].time_s, both.base[i].clock_hz,
                     both.candidate[i].clock_hz});
  }
  const std::string base_held = both.base.held_down();
  const std::string candidate_held = both.candidate.held_down();
  if (base_held.empty() != candidate_held.empty()) {
    result.held_down = "the clock was held down on one side only: " + base_held + candidate_held;
  }
  return result;
}

void add_differences(const Both& both, Pairing& pairing) {
  for (EnvironmentDifference& each :
       differences(both.base.environment(), both.candidate.environment())) {
    const bool known =
        std::any_of(pairing.differences.begin(), pairing.differences.end(), [&](const auto& other) {
          return other.name == each.name && other.base == each.base &&
                 other.candidate == each.candidate;
        });
    if (!known) pairing.differences.push_back(std::move(each));
  }
}

/// Notes of the readers, once each.
void add_notes(const PairingInput& input, Pairing& pairing) {
  std::set<std::string> known;
  const auto add = [&](const Said& said, const char* side) {
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
  for (Both& both : all) follow(input, both);
  for (const Both& both : all) {
    pairing.order.push_back(both.name);
    if (!both.base.anywhere() && both.candidate.anywhere()) {
      pairing.notes.push_back(both.name + " is new in candidate");
      continue;
    }
    if (both.base.unsupported() && both.candidate.unsupported()) {
      pairing.notes.push_back(
          fmt::format("{} is not supported: {}", both.name, both.base[0].message));
      continue;
    }
    std::optional<Settled> settled = settle(both, all);
    const bool measured = both.base.complete() && both.candidate.complete();
    if (settled && settled->verdict == Verdict::not_comparable && measured && input.force) {
      pairing.forced = true;
      settled.reset();
    }
    if (settled) {
      Judgement judgement;
      judgement.benchmark = both.name;
      judgement.verdict = settled->verdict;
      judgement.reason = std::move(settled->reason);
      pairing.settled.push_back(std::move(judgement));
    } else {
      pairing.benchmarks.push_back(paired(both, input));
    }
    if (measured) add_differences(both, pairing);
  }
  add_notes(input, pairing);
  for (const MeasuredPair& pair : input.screen) {
    if (pair.base.report.environments.empty()) continue;
    pairing.environment = pair.base.report.environments.front();
    break;
  }
  return pairing;
}

}  // namespace derate
