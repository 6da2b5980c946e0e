// SPDX-License-Identifier: Apache-2.0
// Reads the tuning table once, takes the nearest tuned problem of the device, and notes each reason
// for which an entry is not used.
#include "tuning_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "derate/build_info.h"
#include "derate/error.h"

namespace derate::bench {

TunedProblem tuned_name(const Workload& workload, const Problem& problem) {
  return {.workload = workload.name,
          .variant = workload.variant,
          .precision = std::string(to_string(workload.precision)),
          .size_class = workload.size_class(problem),
          .problem = problem.str(),
          .configuration = "",
          .usual = "",
          .rates = {}};
}

Workload configured(const Workload& workload, const std::string& configuration) {
  Workload result = workload;
  result.prepare = [configuration, prepare = workload.prepare](
                       const Problem& problem, const Operands& operands, Session& session) {
    Operands chosen = operands;
    chosen.configuration = configuration;
    return prepare(problem, chosen, session);
  };
  return result;
}

Tuned::Tuned(const std::string& named) {
  if (named == "none") return;
  if (!named.empty()) {
    path_ = named;
    tuning_ = read_tuning(path_);
    there_ = true;
    return;
  }
  const auto own = usual_tuning_path();
  std::error_code unknown;
  if (!own || !std::filesystem::exists(*own, unknown)) return;
  path_ = *own;
  try {
    tuning_ = read_tuning(path_);
    there_ = true;
  } catch (const Error& error) {
    note(fmt::format("{}; nothing is taken from it", error.what()));
  }
}

const TunedDevice* Tuned::part_for(const Device& device) {
  const auto [place, is_new] = parts_.try_emplace(device.selector(), nullptr);
  if (is_new) {
    const TuningFor part = tuning_for(tuning_, device, build_info());
    if (part.found == nullptr) {
      note(fmt::format("the tuning table {} is not used for {}: it {}", path_.string(),
                       device.selector(), part.why_not));
    }
    place->second = part.found;
  }
  return place->second;
}

std::string Tuned::configuration(const Workload& workload, const Problem& problem,
                                 const Device& device) {
  if (!there_ || !workload.configurations) return "";
  const TunedDevice* const part = part_for(device);
  if (part == nullptr) return "";
  const TunedProblem* const tuned = nearest(*part, tuned_name(workload, problem));
  if (tuned == nullptr || tuned->configuration == tuned->usual) return "";
  const std::vector<std::string> offered = workload.configurations(device);
  if (std::find(offered.begin(), offered.end(), tuned->configuration) == offered.end()) {
    note(
        fmt::format("the tuning table {} names a configuration \"{}\", which {}/{}/{} does not "
                    "have; its own choice is taken",
                    path_.string(), tuned->configuration, workload.name, workload.variant,
                    to_string(workload.precision)));
    return "";
  }
  ++taken_;
  time_utc_ = part->time_utc;
  return tuned->configuration;
}

std::vector<std::string> Tuned::notes() const {
  std::vector<std::string> notes = notes_;
  if (taken_ > 0) {
    notes.push_back(fmt::format("{} of the benchmarks run as tuned on {} ({})", taken_, time_utc_,
                                path_.string()));
  }
  return notes;
}

void Tuned::note(const std::string& sentence) {
  if (std::find(notes_.begin(), notes_.end(), sentence) == notes_.end()) {
    notes_.push_back(sentence);
  }
}

}  // namespace derate::bench
