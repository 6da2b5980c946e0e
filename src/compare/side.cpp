// SPDX-License-Identifier: Apache-2.0
#include "compare/side.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "derate/statistics.h"

namespace derate::compare {

Side::Side(std::string what, std::span<const ProcessReport> processes, const std::string& name)
    : what_(std::move(what)), processes_(processes.size()) {
  for (const ProcessReport& process : processes) {
    for (const Observation& observation : process.observations) {
      if (observation.name() != name) continue;
      found_.push_back({&observation, &process.environments.at(observation.environment)});
      break;
    }
  }
}

bool Side::unsupported() const {
  return anywhere() && std::all_of(found_.begin(), found_.end(), [](const Found& found) {
           return found.observation->outcome == Outcome::unsupported;
         });
}

std::optional<Settled> Side::fault() const {
  if (found_.empty()) return Settled{Verdict::invalid, "missing in " + what_};
  if (found_.size() < processes_) {
    return Settled{Verdict::invalid, fmt::format("missing in {} of {} processes of {}",
                                                 processes_ - found_.size(), processes_, what_)};
  }
  for (const Found& found : found_) {
    const Outcome outcome = found.observation->outcome;
    if (outcome != Outcome::passed && outcome != Outcome::unstable) {
      return Settled{Verdict::invalid, fmt::format("{} in {}: {}", to_string(outcome), what_,
                                                   found.observation->message)};
    }
    if (!(found.observation->time_s > 0)) {
      return Settled{Verdict::invalid, "no usable time in " + what_};
    }
    for (const EnvironmentDifference& each : differences(environment(), *found.environment)) {
      if (!each.hard) continue;
      return Settled{Verdict::not_comparable,
                     fmt::format("the processes of {} differ themselves: {} is {} in one and {} in "
                                 "another",
                                 what_, each.name, each.base, each.candidate)};
    }
  }
  return std::nullopt;
}

double Side::amount() const {
  std::vector<double> amounts;
  for (const Found& found : found_) amounts.push_back(found.observation->amount);
  return median(amounts);
}

double Side::amount_spread() const {
  double least = first().amount;
  double most = least;
  for (const Found& found : found_) {
    least = std::min(least, found.observation->amount);
    most = std::max(most, found.observation->amount);
  }
  return most / least - 1;
}

std::string Side::code_hash() const {
  const bool all = std::all_of(found_.begin(), found_.end(), [&](const Found& found) {
    return found.observation->code_hash == first().code_hash;
  });
  return all ? first().code_hash : "";
}

std::string Side::held_down() const {
  // A power cap is the state that a loaded GPU is in; these are not.
  constexpr std::array<std::string_view, 4> kHeat = {"thermal", "hw_thermal", "slowdown",
                                                     "power_brake"};
  for (const Found& found : found_) {
    const std::string reasons = "," + found.observation->throttle_reasons + ",";
    for (const std::string_view word : kHeat) {
      if (reasons.find(fmt::format(",{},", word)) != std::string::npos) {
        return fmt::format("{} in {}", word, what_);
      }
    }
  }
  return "";
}

std::vector<double> Side::times_s() const {
  std::vector<double> times;
  for (const Found& found : found_) times.push_back(found.observation->time_s);
  return times;
}

std::vector<double> Side::cycles() const {
  std::vector<double> cycles;
  for (const Found& found : found_) {
    cycles.push_back(found.observation->time_s * found.observation->clock_hz);
  }
  return cycles;
}

std::vector<double> Side::clocks_hz() const {
  std::vector<double> clocks;
  for (const Found& found : found_) clocks.push_back(found.observation->clock_hz);
  return clocks;
}

}  // namespace derate::compare
