// SPDX-License-Identifier: Apache-2.0
// The stages at which gemm/tma_wgmma and gemm/tcgen05 can be left for an attribution: which there
// are, how many blocks each has, and what it adds up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "derate/stage.h"
#include "gemm/device.h"
#include "gemm/stages.h"
#include "gemm/tile_choice.h"
#include "gemm/wgmma_tiles.cuh"

namespace derate::gemm {

inline std::vector<Stage> wgmma_stages(const Device&) {
  return {Stage::whole_waves,       Stage::shared,          Stage::launch,
          Stage::transfer_pageable, Stage::transfer_pinned, Stage::transfer_overlapped};
}

/// That clusters take one after the other.
inline std::int64_t cluster_tiles(std::int64_t m, std::int64_t n) {
  return tiles_of({kBlocks * kTileRows, kTileColumns}, m, n);
}

/// Of a launch on a device that runs so many clusters `at_once`.
inline std::int64_t wgmma_blocks(Stage stage, std::int64_t m, std::int64_t n, int at_once) {
  const bool in_waves = stage == Stage::whole_waves || stage == Stage::shared;
  return kBlocks * (in_waves ? at_once : std::min<std::int64_t>(cluster_tiles(m, n), at_once));
}

/// Empty for the whole. `stages` are those of shared memory.
inline std::optional<Partial> partial_wgmma(Stage stage, const Problem& problem, int at_once,
                                            int stages = kStages) {
  if (stage == Stage::whole) return std::nullopt;
  const std::int64_t k = problem.at("k");
  const Pipeline pipeline{k, std::min<std::int64_t>(k, kTileDepth), kTileDepth, stages};
  const std::int64_t tiles = whole_waves(cluster_tiles(problem.at("m"), problem.at("n")), at_once);
  return Partial{times_of(stage, pipeline, 0),
                 work_of_tiles<Bf16>(stage, problem, pipeline, static_cast<double>(tiles),
                                     kBlocks * kTileRows * kTileColumns)};
}

}  // namespace derate::gemm
