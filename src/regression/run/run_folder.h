// SPDX-License-Identifier: Apache-2.0
// What the processes of a gate wrote, kept in its folder: a gate that was cut off goes on where it
// stopped, and one that ended tells its verdict again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/json.h"
#include "record/output_folder.h"
#include "regression/metric.h"

namespace derate {

enum class Side { base, candidate };
enum class GateStage { screen, confirm };

inline constexpr int kRunSchema = 2;       ///< of a statement; 1 had a fixed order of the pairs
inline constexpr int kMostPairs = 10'000;  ///< of a stage

[[nodiscard]] std::string_view to_string(Side side);
[[nodiscard]] std::string_view to_string(GateStage stage);
[[nodiscard]] int number_of(GateStage stage);  ///< 1 or 2, as people are told

/// One place in a gate: a process of one side in one pair of one stage.
struct Place {
  GateStage stage = GateStage::screen;
  int pair = 0;  ///< counted from 0
  Side side = Side::base;

  [[nodiscard]] std::string name() const;  ///< "screen-03-base"
  [[nodiscard]] bool operator==(const Place&) const = default;
  [[nodiscard]] bool operator<(const Place& other) const {
    return std::tie(stage, pair, side) < std::tie(other.stage, other.pair, other.side);
  }
};

/// A process that has ended and whose output is kept.
struct KeptProcess {
  Place place;
  std::int64_t ended_unix_s = 0;
  double duration_s = 0;
  std::string failure;  ///< why its output may lack something; empty for a process that went well
  int build = 0;        ///< which of its side's builds it ran, from 1; 0 where there is one alone
};

/// What a gate or a noise keeps in `processes`, its sub-folder, in the order in which it ended;
/// lines that are invalid, as half of one after a crash, are passed over.
[[nodiscard]] std::vector<KeptProcess> kept_processes(const std::filesystem::path& processes);
/// Where the output of one of them is.
[[nodiscard]] std::filesystem::path output_of(const std::filesystem::path& processes,
                                              const Place& place);

class RunFolder {
 public:
  /// Holds `folder` and opens what it has. `statement` says what is run: another one in the folder
  /// is refused with Error(usage), unless `restart`, which removes it first. `kind` is "gate" or
  /// "noise" and names the file and the sub-folder. Throws Error(output) where the sub-folder holds
  /// anything that no gate put there.
  RunFolder(const std::filesystem::path& folder, std::string kind,
            const nlohmann::ordered_json& statement, bool restart);

  [[nodiscard]] std::filesystem::path raw(const Place& place) const {  ///< kept output
    return output_of(processes_, place);
  }
  [[nodiscard]] std::filesystem::path under_way(const Place& place) const;  ///< while it runs
  [[nodiscard]] std::filesystem::path errors(const Place& place) const;     ///< its standard error

  [[nodiscard]] const KeptProcess* find(const Place& place) const;
  /// Why a pair could not be measured; empty when it could, or was not tried.
  [[nodiscard]] std::string lost(GateStage stage, int pair) const;
  /// Why this gate ended before its plan did; empty where it did not.
  [[nodiscard]] const std::string& cut() const { return cut_; }
  /// What --metric auto took; nothing where it was not asked yet.
  [[nodiscard]] const std::optional<MetricDecision>& metric() const { return metric_; }
  [[nodiscard]] const std::string& began_utc() const { return began_utc_; }
  /// Of the order of the pairs: the statement's, or one by chance, which the folder keeps.
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// What of an earlier start cannot be used any more, a sentence each.
  [[nodiscard]] const std::vector<std::string>& losses() const { return losses_; }
  /// Whether both processes of a pair are kept, or it is known to be lost.
  [[nodiscard]] bool has_pair(GateStage stage, int pair) const;
  /// Kept processes of a stage.
  [[nodiscard]] int count(GateStage stage) const;
  /// Seconds that they ran.
  [[nodiscard]] double time_of_s(GateStage stage) const;

  /// What the process at `place` wrote is complete: kept under its name, on disk on return.
  void keep(const KeptProcess& process);
  void lose(GateStage stage, int pair, const std::string& reason);
  void cut(const std::string& reason);
  void decide(const MetricDecision& metric);

 private:
  void read_list();
  void take_in(const nlohmann::ordered_json& line);
  void append(const nlohmann::ordered_json& line);

  HeldFolder held_;
  std::string kind_;
  std::filesystem::path processes_;  ///< the sub-folder
  std::string began_utc_;
  std::uint64_t seed_ = 0;
  std::map<Place, KeptProcess> kept_;
  std::map<std::pair<GateStage, int>, std::string> lost_;
  std::string cut_;
  std::optional<MetricDecision> metric_;
  std::vector<std::string> losses_;
};

}  // namespace derate
