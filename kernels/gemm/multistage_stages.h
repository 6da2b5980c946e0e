// SPDX-License-Identifier: Apache-2.0
// The stages at which gemm/multistage can be left for an attribution: the loop of the same tile
// without its copies from global memory, without its reads of shared memory, on a grid of whole
// waves, launched without any of it, or whole with operands from the host's memory.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "derate/cuda/launch.h"
#include "derate/workload.h"
#include "gemm/device.h"
#include "gemm/stages.h"
#include "gemm/tile_choice.h"
#include "gemm/transfer_stages.h"

namespace derate::gemm {

using TileKernel = void (*)(int m, int n, int k, const float* a, const float* b, float* c);

/// Of one tile, and how they are launched.
struct TileKernels {
  TileKernel whole;
  TileKernel whole_waves;
  TileKernel shared;
  TileKernel registers;
  int threads;
  int shared_bytes;

  [[nodiscard]] TileKernel at(Stage stage) const {
    return stage == Stage::shared ? shared : stage == Stage::registers ? registers : whole_waves;
  }
};

inline std::vector<Stage> multistage_stages(const Device&) {
  return {
      Stage::whole_waves,       Stage::shared,          Stage::registers,          Stage::launch,
      Stage::transfer_pageable, Stage::transfer_pinned, Stage::transfer_overlapped};
}

inline Pipeline pipeline_of(const TileShape& shape, std::int64_t k) {
  const std::int64_t tiles = (k + shape.depth - 1) / shape.depth;
  return {k, k - (tiles - 1) * shape.depth, shape.depth, shape.stages};
}

/// A stage of the loop, on a grid of whole waves of the ordinary kernel.
inline std::unique_ptr<Instance> partial_multistage(const Problem& problem,
                                                    const Operands& operands, Session& session,
                                                    const TileShape& shape,
                                                    const TileKernels& kernels) {
  constexpr std::int64_t kFragments = 2;  // steps whose operands a thread has in registers
  const TileKernel kernel = kernels.at(operands.stage);
  const dim3 block(static_cast<unsigned>(kernels.threads));
  const int resident =
      cuda::blocks_per_unit(kernels.whole, block, cuda::DynamicShared{kernels.shared_bytes});
  const cuda::DynamicShared shared =
      as_resident(kernel, kernels.threads, cuda::DynamicShared{kernels.shared_bytes}, resident);
  const auto units = static_cast<std::int64_t>(session.device().compute_units);
  const std::int64_t blocks =
      whole_waves(tiles_of(shape, problem.at("m"), problem.at("n")), units * resident);
  const auto multiply = [=](const Product<float>& product, cudaStream_t stream) {
    cuda::launch(kernel, dim3(static_cast<unsigned>(blocks)), block, shared, stream, product.m,
                 product.n, product.k, product.a, product.b, product.c);
  };
  const Pipeline pipeline = pipeline_of(shape, problem.at("k"));
  Partial partial{times_of(operands.stage, pipeline, kFragments),
                  work_of_tiles<float>(operands.stage, problem, pipeline,
                                       static_cast<double>(blocks), shape.rows * shape.columns)};
  return std::make_unique<DeviceInstance<float>>(problem, operands, session, multiply,
                                                 LayoutOfB::row_major, name_of(shape), 1,
                                                 std::move(partial));
}

inline std::unique_ptr<Instance> multistage_stage(const Problem& problem, const Operands& operands,
                                                  Session& session, const TileShape& shape,
                                                  const TileKernels& kernels,
                                                  const Multiply<float>& multiply) {
  if (is_transfer(operands.stage)) {
    return transfer_stage<float>(problem, operands, session, multiply, shape.rows, name_of(shape),
                                 1, [](const std::vector<Product<float>>&) {});
  }
  if (operands.stage != Stage::launch) {
    return partial_multistage(problem, operands, session, shape, kernels);
  }
  const LaunchShape whole{tiles_of(shape, problem.at("m"), problem.at("n")), kernels.threads,
                          cuda::Cluster{1}, cuda::DynamicShared{kernels.shared_bytes}};
  return std::make_unique<LaunchStage>(whole, name_of(shape), session);
}

}  // namespace derate::gemm
