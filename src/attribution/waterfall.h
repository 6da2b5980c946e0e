// SPDX-License-Identifier: Apache-2.0
// One product taken apart: achieved = 2·N·C × clock × waiting × issue × caches × memory ×
// tail × launch, out of records of its stages (docs/attribution.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "attribution/factor.h"
#include "attribution/stream_waterfall.h"
#include "derate/record.h"
#include "derate/record_file.h"
#include "derate/stage.h"

namespace derate {

/// A factor and what it takes of the peak: the difference of the running product before and after.
struct WaterfallStep {
  LossFactor factor;
  double share_after = kUnknown;  ///< of 2·N·C that is left after this and all factors before it
  double lost = kUnknown;         ///< share of 2·N·C; negative for a gain
};

/// What a library reached on the same product, beside the own kernel that can be taken apart.
struct LibraryLoss {
  Record record;  ///< of its latest round
  std::vector<WaterfallStep> steps;
  Estimate eta;
};

struct Waterfall {
  Record whole;                  ///< of the latest round: device, software, workload, problem
  std::int64_t rounds = 0;       ///< that were taken apart
  double peak = kUnknown;        ///< FLOP/s, at the specified clock or else the maximum
  double own_time_s = kUnknown;  ///< of a launch among the stages, without waiting for a core
  double launch_s = kUnknown;    ///< of one launch that does nothing, likewise
  std::vector<WaterfallStep>
      steps;               ///< from the clock to the launches, and last what is unexplained
  Estimate delivered;      ///< FLOP/s
  Estimate eta;            ///< delivered ÷ peak; the product of all steps
  LossFactor unexplained;  ///< measured in processes of its own ÷ the product of the others
  std::vector<LossFactor>
      beside;  ///< what is left of delivered with transfers, or with others at once
  std::vector<LibraryLoss> libraries;
  std::vector<std::string> notes;  ///< sentences
};

/// The unexplained part is to be known this well.
inline constexpr double kUnexplainedWithin = 0.02;
/// Beyond this and its interval, it is said.
inline constexpr double kUnexplainedAbove = 0.01;

/// Whether what is unexplained lies beyond kUnexplainedAbove and its interval.
[[nodiscard]] bool leaves_unexplained(const Waterfall& waterfall);
/// Whether the interval of what is unexplained is narrow enough.
[[nodiscard]] bool is_known_well(const Waterfall& waterfall);

/// Takes records in any order: those with a stage, and ordinary ones of the same problems, with
/// which the product of the factors is compared.
class Attribution {
 public:
  void add(const Record& record);
  /// One for each device, workload, variant, format and problem of which stages were measured.
  [[nodiscard]] std::vector<Waterfall> waterfalls() const;
  /// Of streams through memory, likewise.
  [[nodiscard]] std::vector<StreamWaterfall> streams() const;
  /// Of the process that measured stages last, the records of the whole that hold samples.
  [[nodiscard]] std::vector<Record> latest_wholes() const;
  /// Whether a stage came out wrong.
  [[nodiscard]] bool has_wrong_results() const;
  /// Records of stages that hold no samples: why not, each reason once.
  [[nodiscard]] std::vector<std::string> refusals() const;

 private:
  std::vector<Record> staged_;
  std::vector<Record> plain_;
  std::vector<Record> streams_;  ///< with a stage, bound by memory
  std::set<std::string> seen_;   ///< what tells a record from others, so that each counts once
};

/// The file of a run's folder that holds its stages, beside its records.
inline constexpr const char* kStagesFile = "attribution.jsonl";

/// Reads files, or of folders both files as far as they are there. `device`: as analyse() takes it.
/// Throws Error(invalid_input) where nothing can be read.
void read_attribution(const std::vector<std::filesystem::path>& paths, const std::string& device,
                      Attribution& attribution, std::vector<BadLine>& bad);

/// Of the folders among these that hold stages; reads nothing where none does.
[[nodiscard]] std::vector<Waterfall> waterfalls_of_runs(
    const std::vector<std::filesystem::path>& paths, const std::string& device);

/// Those of one product.
struct MeasuredStages {
  std::vector<std::vector<Record>> rounds;  ///< of each round its stages
  std::size_t rounds_left_out = 0;          ///< since they lack stages that others have
  std::vector<Record> independent;          ///< measured alone, in processes of their own
  std::vector<Record> at_once;              ///< the same beside other devices
  std::vector<Record> libraries;            ///< of other providers
};
[[nodiscard]] std::optional<Waterfall> waterfall_of(const MeasuredStages& stages);

}  // namespace derate
