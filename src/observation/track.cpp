// SPDX-License-Identifier: Apache-2.0
#include "observation/track.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "derate/statistics.h"

namespace derate {

void Track::add(const Said& said, const std::string& stage, int pair) {
  Process process{nullptr, nullptr, said.failure, fmt::format("{}, pair {}", stage, pair + 1)};
  const auto& all = said.report.observations;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Observation& observation) {
    return observation.name() == name_;
  });
  // Of a process that failed only what it wrote one by one can be trusted.
  if (found != all.end() && (said.failure.empty() || said.report.are_records)) {
    process.observation = &*found;
    process.environment = &said.report.environments.at(found->environment);
    ++present_;
  }
  processes_.push_back(std::move(process));
}

std::optional<Settled> Track::missing() const {
  if (present_ == processes_.size()) return std::nullopt;
  const auto first = std::find_if(processes_.begin(), processes_.end(), [](const Process& process) {
    return process.observation == nullptr;
  });
  std::string reason = present_ == 0
                           ? fmt::format("missing in {}", side_)
                           : fmt::format("missing in {} of {} processes of {}",
                                         processes_.size() - present_, processes_.size(), side_);
  if (!first->failure.empty()) reason += ": " + first->failure;
  return Settled{Verdict::invalid, std::move(reason)};
}

std::optional<Settled> Track::wrong() const {
  for (const Process& process : processes_) {
    const Outcome outcome = process.observation->outcome;
    if (outcome == Outcome::passed || outcome == Outcome::unstable) continue;
    return Settled{Verdict::invalid, fmt::format("{} in {} ({}): {}", to_string(outcome), side_,
                                                 process.where, process.observation->message)};
  }
  return std::nullopt;
}

std::optional<Settled> Track::changed() const {
  for (const Process& process : processes_) {
    for (const EnvironmentDifference& each : differences(environment(), *process.environment)) {
      const std::string what =
          fmt::format("{} of {} changed from {} to {} during the gate ({})", each.name, side_,
                      each.base, each.candidate, process.where);
      if (each.hard) return Settled{Verdict::environment, what};
      if (each.name == "program_id") return Settled{Verdict::invalid, what};
    }
  }
  return std::nullopt;
}

std::optional<Settled> Track::fault() const {
  if (auto settled = missing()) return settled;
  if (auto settled = wrong()) return settled;
  return changed();
}

bool Track::unsupported() const {
  return std::all_of(processes_.begin(), processes_.end(), [](const Process& process) {
    return process.observation != nullptr && process.observation->outcome == Outcome::unsupported;
  });
}

std::string Track::code_hash() const {
  const std::string& first = processes_.front().observation->code_hash;
  const bool all = std::all_of(processes_.begin(), processes_.end(), [&](const Process& process) {
    return process.observation->code_hash == first;
  });
  return all ? first : "";
}

std::string Track::program_id() const { return std::string(environment().value("program_id")); }

double Track::amount() const {
  std::vector<double> amounts;
  for (const Process& process : processes_) amounts.push_back(process.observation->amount);
  return median(amounts);
}

double Track::amount_spread() const {
  const auto [least, most] = std::minmax_element(
      processes_.begin(), processes_.end(), [](const Process& a, const Process& b) {
        return a.observation->amount < b.observation->amount;
      });
  return most->observation->amount / least->observation->amount - 1;
}

std::string Track::problem() const {
  for (const Process& process : processes_) {
    if (process.observation != nullptr) return process.observation->problem;
  }
  return "";
}

std::string Track::held_down() const {
  // A power cap is the state that a loaded GPU is in; these are not.
  constexpr std::array<std::string_view, 4> kHeat = {"thermal", "hw_thermal", "slowdown",
                                                     "power_brake"};
  for (const Process& process : processes_) {
    const std::string reasons = "," + process.observation->throttle_reasons + ",";
    for (const std::string_view word : kHeat) {
      if (reasons.find(fmt::format(",{},", word)) == std::string::npos) continue;
      return fmt::format("{} in {} ({})", word, side_, process.where);
    }
  }
  return "";
}

}  // namespace derate
