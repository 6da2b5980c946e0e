// SPDX-License-Identifier: Apache-2.0
// Options that say how a training is split over devices, and what links these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/options/quantity.h"
#include "estimate/layout_estimate.h"
#include "estimate/model_file.h"
#include "estimate/training_plan.h"

namespace derate::cli {

struct LayoutOptions {
  Layout layout;
  std::optional<std::int64_t> devices;
  std::optional<std::int64_t> batch_sequences;
  std::optional<std::int64_t> context;
  std::string attention = "fused";
  std::string recompute = "none";
  std::string trainable = "all";
  int sharding = 0;
  std::int64_t node_devices = 8;
  Range link_bytes_per_s = exactly(kUnknown);
  Range node_link_bytes_per_s = exactly(kUnknown);
  double link_latency_s = kAssumedLatency_s;
  double set_aside_share = kSetAsideShare;
};

void add_layout(Command& command, LayoutOptions& options);

// Each throws Error(usage), which names the option that is missing or contradicts another.
[[nodiscard]] TrainingTask task_of(const LayoutOptions& options, const ModelFile& file);
[[nodiscard]] std::int64_t devices_of(const LayoutOptions& options);
[[nodiscard]] Layout layout_of(const LayoutOptions& options, const TrainingTask& task);
/// Without rates; `measured` stands in for --link-bytes-per-s.
[[nodiscard]] Cluster links_of(const LayoutOptions& options, const std::optional<Range>& measured);

}  // namespace derate::cli
