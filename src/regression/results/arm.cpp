// SPDX-License-Identifier: Apache-2.0
// Detects missing or failed processes, environments that changed between processes and throttling
// by heat, and collects times, clocks and cycles.
#include "regression/results/arm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "derate/statistics.h"

namespace derate {
namespace {

/// " (stage 1, pair 3)", or nothing.
std::string in_brackets(const std::string& where) {
  return where.empty() ? "" : fmt::format(" ({})", where);
}

}  // namespace

Judgement judgement_of(std::string benchmark, Settled settled) {
  Judgement judgement;
  judgement.benchmark = std::move(benchmark);
  judgement.verdict = settled.verdict;
  judgement.reason = std::move(settled.reason);
  return judgement;
}

NamedResults::NamedResults(const ProcessReport& report) : report_(&report) {
  results_.reserve(report.results.size());
  for (const BenchmarkResult& result : report.results) results_.try_emplace(result.name(), &result);
}

const BenchmarkResult* NamedResults::find(const std::string& name) const {
  const auto found = results_.find(name);
  return found == results_.end() ? nullptr : found->second;
}

std::vector<NamedResults> named(std::span<const ProcessReport> reports) {
  return {reports.begin(), reports.end()};
}

void Arm::add(const NamedResults& process, const std::string& failure, const std::string& where,
              int build) {
  ++processes_;
  const ProcessReport& report = process.report();
  const BenchmarkResult* const found = process.find(name_);
  // Of a process that failed only what it wrote one by one can be trusted.
  if (found != nullptr && (failure.empty() || report.are_records)) {
    const std::string of_build = build > 0 ? fmt::format("{}, build {}", where, build) : where;
    found_.push_back({found, &report.environments.at(found->environment), of_build, build});
    return;
  }
  if (build > 0) lacking_builds_.insert(build);
  if (lost_by_.empty()) lost_by_ = failure;
}

bool Arm::unsupported() const {
  return anywhere() && complete() &&
         std::all_of(found_.begin(), found_.end(), [](const Found& found) {
           return found.result->outcome == Outcome::unsupported;
         });
}

std::optional<Settled> Arm::fault() const {
  if (!complete() || !anywhere()) {
    std::string reason = anywhere() ? fmt::format("missing in {} of {} processes of {}",
                                                  processes_ - found_.size(), processes_, arm_)
                                    : fmt::format("missing in {}", arm_);
    if (anywhere() && !lacking_builds_.empty()) {
      reason += fmt::format(" (build{} {})", lacking_builds_.size() == 1 ? "" : "s",
                            fmt::join(lacking_builds_, ", "));
    }
    if (!lost_by_.empty()) reason += ": " + lost_by_;
    return Settled{Verdict::invalid, std::move(reason)};
  }
  for (const auto& [result, environment, where, build] : found_) {
    const Outcome outcome = result->outcome;
    if (outcome != Outcome::passed && outcome != Outcome::unstable) {
      return Settled{Verdict::invalid, fmt::format("{} in {}{}: {}", to_string(outcome), arm_,
                                                   in_brackets(where), result->message)};
    }
    if (!(result->time_s > 0)) {
      return Settled{Verdict::invalid,
                     fmt::format("no usable time in {}{}", arm_, in_brackets(where))};
    }
  }
  return std::nullopt;
}

const Environment& Arm::first_environment(int build) const {
  return *std::find_if(found_.begin(), found_.end(), [&](const Found& found) {
            return found.build == build;
          })->environment;
}

std::optional<Arm::Change> Arm::change(std::string_view also) const {
  for (const Found& found : found_) {
    for (EnvironmentDifference& each : differences(environment(), *found.environment)) {
      const bool in_build = each.name == also && first_environment(found.build).value(also) !=
                                                     found.environment->value(also);
      if (each.hard || in_build) return Change{std::move(each), found.where};
    }
  }
  return std::nullopt;
}

std::string Arm::code_hash() const {
  const bool all = std::all_of(found_.begin(), found_.end(), [&](const Found& found) {
    return found.result->code_hash == first().code_hash;
  });
  return all ? first().code_hash : "";
}

std::string Arm::held_down(std::size_t from) const {
  // A power cap is the state that a loaded GPU is in; these are not.
  constexpr std::array<std::string_view, 4> kHeat = {"thermal", "hw_thermal", "slowdown",
                                                     "power_brake"};
  for (const Found& found : std::span(found_).subspan(std::min(from, found_.size()))) {
    const std::string reasons = "," + found.result->throttle_reasons + ",";
    for (const std::string_view word : kHeat) {
      if (reasons.find(fmt::format(",{},", word)) == std::string::npos) continue;
      return fmt::format("{} in {}{}", word, arm_, in_brackets(found.where));
    }
  }
  return "";
}

template <class Figure>
std::vector<double> Arm::all(Figure figure) const {
  std::vector<double> figures;
  figures.reserve(found_.size());
  for (const Found& found : found_) figures.push_back(figure(*found.result));
  return figures;
}

double Arm::amount() const {
  return median(all([](const BenchmarkResult& each) { return each.amount; }));
}

double Arm::amount_spread() const {
  const std::vector<double> amounts = all([](const BenchmarkResult& each) { return each.amount; });
  const auto [least, most] = std::minmax_element(amounts.begin(), amounts.end());
  return *most / *least - 1;
}

std::vector<double> Arm::times_s() const {
  return all([](const BenchmarkResult& each) { return each.time_s; });
}

double Arm::wall_s(std::size_t from) const {
  std::vector<double> walls = all([](const BenchmarkResult& each) { return each.wall_s; });
  walls.erase(walls.begin(), walls.begin() + static_cast<std::ptrdiff_t>(from));
  return median(walls);
}

std::vector<double> Arm::clocks_hz() const {
  return all([](const BenchmarkResult& each) { return each.clock_hz; });
}

std::vector<double> Arm::cycles() const {
  return all([](const BenchmarkResult& each) { return each.time_s * each.clock_hz; });
}

std::optional<Settled> not_comparable(const Arm& base, const Arm& candidate) {
  for (const EnvironmentDifference& each :
       differences(base.environment(), candidate.environment())) {
    if (!each.hard) continue;
    return Settled{Verdict::not_comparable, fmt::format("{} is {} in base and {} in candidate",
                                                        each.name, each.base, each.candidate)};
  }
  const std::string& unit = base.first().amount_unit;
  const std::string& other_unit = candidate.first().amount_unit;
  if (unit != other_unit) {
    const auto name = [](const std::string& text) { return text.empty() ? "no unit" : text; };
    return Settled{Verdict::not_comparable, fmt::format("it counts {} in base and {} in candidate",
                                                        name(unit), name(other_unit))};
  }
  // Where an amount was made from a rate, it differs a little from process to process.
  const double ratio = candidate.amount() / base.amount();
  const double allowed = 1e-6 + 2 * (base.amount_spread() + candidate.amount_spread());
  if (!(std::abs(ratio - 1) > allowed)) return std::nullopt;
  return Settled{Verdict::not_comparable,
                 fmt::format("it is {:.6g} {} in base and {:.6g} in candidate", base.amount(), unit,
                             candidate.amount())};
}

void Differences::add(const Arm& base, const Arm& candidate) {
  for (EnvironmentDifference& each : differences(base.environment(), candidate.environment())) {
    if (known_.emplace(each.name, each.base, each.candidate).second) {
      all_.push_back(std::move(each));
    }
  }
}

}  // namespace derate
