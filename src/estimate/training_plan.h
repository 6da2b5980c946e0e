// SPDX-License-Identifier: Apache-2.0
// What a user says of a training, and the plan that it makes: the device of the catalogue or of the
// calibration, its 2·N·C, the derates, the link and the memory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "estimate/estimate.h"

namespace derate {

/// Of a message between devices, where nobody measured it: aiconfigurator's p2p_latency.
inline constexpr double kAssumedLatency_s = 1e-5;

struct TrainOptions {
  std::string device;
  std::filesystem::path calibration;
  std::string precision;  ///< empty: bf16 where the device multiplies it, else f32
  TrainingWork work;
  bool counts_tokens = false;  ///< samples of the work are tokens of a language model
  double tokens_per_parameter = kUnknown;
  std::vector<std::string> derates;
  double devices = 1;
  double batch = kUnknown;            ///< in samples; refused where they are tokens
  double batch_tokens = kUnknown;     ///< of one step
  double batch_sequences = kUnknown;  ///< of one step, of `sequence` tokens each
  double sequence = kUnknown;
  int sharding = 0;  ///< ZeRO's stage
  double micro_batch = kUnknown;
  Range link_bytes_per_s = exactly(kUnknown);
  double link_latency_s = kAssumedLatency_s;
  std::string optimizer = "adam";
  double activation_bytes = kUnknown;
  double input_bytes = kUnknown;
  double memory_bytes = kUnknown;
  bool json = false;
};

/// Throws Error(usage) that names the option which is missing or is invalid,
/// Error(not_comparable) for a calibration of another device or without such a factor.
[[nodiscard]] TrainingPlan plan_of(const TrainOptions& options);

}  // namespace derate
