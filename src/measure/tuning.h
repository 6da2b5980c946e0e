// SPDX-License-Identifier: Apache-2.0
// The tuning table: which configuration of a workload was the fastest on a device, by problem. It
// holds for one product and one build, and a file may hold it of several.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/build_info.h"
#include "derate/device.h"

namespace derate {

inline constexpr std::int64_t kTuningSchema = 1;

/// What was measured of one configuration.
struct TunedRate {
  std::string configuration;
  /// Median, in FLOP/s, B/s or steps/s; NaN for what was excluded.
  double rate = std::numeric_limits<double>::quiet_NaN();
  std::string excluded;  ///< why it is out of the question; empty when it is not
};

/// One problem of a workload, standing for those around it in its size class.
struct TunedProblem {
  std::string workload;
  std::string variant;
  std::string precision;
  std::string size_class;
  std::string problem;        ///< "m:512/n:512/k:512"
  std::string configuration;  ///< to be taken
  std::string usual;          ///< the workload's own choice; the same where nothing was faster
  std::vector<TunedRate> rates;
};

/// All that was tuned on one product with one build.
struct TunedDevice {
  std::string backend;
  std::string device_name;
  std::string device_architecture;
  std::int64_t compute_units = 0;
  std::int64_t last_level_cache_bytes = 0;
  std::string tool_version;
  std::string tool_commit;
  std::string build_type;
  std::string time_utc;
  std::vector<TunedProblem> problems;
};

struct Tuning {
  std::vector<TunedDevice> devices;
};

/// An empty table for this device and build.
[[nodiscard]] TunedDevice blank_tuning(const Device& device, const BuildInfo& build);

/// The part of a table that is for `device` and `build`; where there is none, why the table cannot
/// be used, as what follows its name in a sentence.
struct TuningFor {
  const TunedDevice* found = nullptr;
  std::string why_not;
};
[[nodiscard]] TuningFor tuning_for(const Tuning& tuning, const Device& device,
                                   const BuildInfo& build);

/// What was tuned nearest to `wanted`, by the ratios of its extents, within its size class; null
/// where nothing of this workload and class was. Of `wanted` only what names it is read.
[[nodiscard]] const TunedProblem* nearest(const TunedDevice& tuned, const TunedProblem& wanted);

/// Adds what was tuned to a table: in place of the same problems, and of all that another build has
/// tuned on the same product.
void merge(const TunedDevice& tuned, Tuning& tuning);

/// The times of one configuration, one for each round; rounds of the same number lie side by side.
struct TimedConfiguration {
  std::string name;
  std::vector<double> times_s;
};

/// The configuration to take: the fastest by its median whose lead over `usual` would be seen in
/// one more round as well, with 95 % probability (combine_rounds() of the ratios of the rounds), or
/// else `usual`. Where `usual` was not timed, the fastest; empty where nothing was.
[[nodiscard]] std::string best_configuration(std::span<const TimedConfiguration> timed,
                                             std::string_view usual);

/// Throws Error(invalid_input), which names the file and where it can the line and the field.
[[nodiscard]] Tuning read_tuning(const std::filesystem::path& path);
[[nodiscard]] std::string to_json(const Tuning& tuning);
/// Replaces the file as a whole, and makes its folder. Throws Error(output).
void write_tuning(const std::filesystem::path& path, const Tuning& tuning);

/// The user's own: $XDG_CACHE_HOME/derate/tuning.json, ~/.cache without it; empty where no home is.
[[nodiscard]] std::optional<std::filesystem::path> usual_tuning_path();

}  // namespace derate
