// SPDX-License-Identifier: Apache-2.0
// gemm, tcgen05: bf16 on the tensor instructions of data-centre Blackwell. What it adds to
// tma_wgmma: sums in tensor memory, two sets of 128 x 256 for each block, so that one is rounded
// and copied out while the other is computed; instructions that one thread starts and that arrive
// at barriers themselves, so that nobody waits between two stages; and pairs of blocks that share
// an instruction.
//
// A block computes tiles of 128 x 256 of C, two of a cluster one above the other. Of its six warps
// one copies 64 of k at a time, up to four or six stages ahead, one starts the multiply-adds, and
// four take the sums of 32 rows each. In a pair the first block starts m256n256k16 for both: each
// has its rows of A and half of the columns of B in shared memory, and the sums of its rows in
// tensor memory. Otherwise each starts its own m128n256k16, and both copy half of B into both.
//
// Bound by the tensor units: a stage takes them 512 clocks, in which shared memory is read for 96
// bytes a clock of its 128, and for 64 in pairs. Either way 64 bytes per SM and clock come from L2,
// more than the 39 that an A100's delivers by its white paper; no source here gives Blackwell's.
// What is left of the peak goes to the first stages of a launch and to a last wave that does not
// fill the device: 8192 cubed is 13.8 waves of 74 clusters, at most 99 %. It has not run on a GPU
// yet.
//
// Rows, edges and stages of an attribution are as in tma_wgmma; the swizzle, B by rows and the
// steps along k too (PTX ISA, "Shared memory descriptor", "Canonical layouts").
#include <cuda_runtime.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/tensor_map.h"
#include "derate/cuda/launch.h"
#include "gemm/configuration.h"
#include "gemm/device_workload.h"
#include "gemm/stages.h"
#include "gemm/tcgen05_kernel.cuh"
#include "gemm/transfer_stages.h"
#include "gemm/wgmma_stages.h"
#include "gemm/wgmma_tiles.cuh"
#include "mma_chain/tcgen05_support.h"

namespace derate::gemm {
namespace {

/// Of the operands of one set.
struct Maps {
  cuda::TensorMap a;
  cuda::TensorMap b;
  cuda::TensorMap c;
};

Maps maps_of(const Product<Bf16>& product) {
  const auto [m, n, k, a, b, c] = product;
  return {cuda::tensor_map(a, m, k, pitch_of(k, kAlignment), kTileRows),
          cuda::tensor_map(b, k, n, pitch_of(n, kAlignment), kTileDepth),
          cuda::tensor_map(c, m, n, pitch_of(n, kAlignment), kTileRows)};
}

using Kernel = void (*)(int, int, int, cuda::TensorMap, cuda::TensorMap, cuda::TensorMap);
constexpr cuda::Cluster kCluster{kBlocks};

/// Blocks that share an instruction, or do not.
struct Way {
  std::string name;
  cuda::DynamicShared shared;
  int stages;
  Kernel whole;
  Kernel whole_waves;
  Kernel from_shared;

  [[nodiscard]] Kernel kernel(Stage stage) const {
    if (stage == Stage::whole_waves) return whole_waves;
    return stage == Stage::shared ? from_shared : whole;
  }
};

/// "256x256x64/2/6": tile of a cluster, blocks that share an instruction, stages.
template <int kShare>
Way way() {
  return {"256x256x64/" + std::to_string(kShare) + "/" + std::to_string(kDepthStages<kShare>),
          {kSharedBytes<kShare>},
          kDepthStages<kShare>,
          tcgen05<Stage::whole, kShare>,
          tcgen05<Stage::whole_waves, kShare>,
          tcgen05<Stage::shared, kShare>};
}

std::vector<std::string> configurations(const Device&) { return {way<2>().name, way<1>().name}; }

/// Maps are encoded here, once for each set: that is work of the driver, which no launch is to
/// wait for.
std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const Stage stage = operands.stage;
  const std::vector<std::string> names = configurations(session.device());
  const std::string name = operands.configuration.empty() ? names[0] : operands.configuration;
  const Way own = place_of_configuration(name, names) == 0 ? way<2>() : way<1>();
  const int at_once = cuda::clusters_at_once(own.whole, dim3(kThreads), kCluster, own.shared);
  if (stage == Stage::launch) {
    const std::int64_t blocks = wgmma_blocks(stage, problem.at("m"), problem.at("n"), at_once);
    return std::make_unique<LaunchStage>(LaunchShape{blocks, kThreads, kCluster, own.shared}, name,
                                         session);
  }
  const auto maps = std::make_shared<std::map<const Result<Bf16>*, Maps>>();  // by the place of C
  const auto multiply = [=](const Product<Bf16>& product, cudaStream_t stream) {
    const Maps& of_set = maps->at(product.c);
    const std::int64_t blocks = wgmma_blocks(stage, product.m, product.n, at_once);
    cuda::launch(own.kernel(stage), dim3(static_cast<unsigned>(blocks)), dim3(kThreads), kCluster,
                 own.shared, stream, product.m, product.n, product.k, of_set.a, of_set.b, of_set.c);
  };
  const auto encode = [&](const std::vector<Product<Bf16>>& products) {
    for (const auto& product : products) maps->emplace(product.c, maps_of(product));
  };
  if (is_transfer(stage)) {
    return transfer_stage<Bf16>(problem, operands, session, multiply, kBlocks * kTileRows, name,
                                kAlignment, encode);
  }
  auto instance = std::make_unique<DeviceInstance<Bf16>>(
      problem, operands, session, multiply, LayoutOfB::row_major, name, kAlignment,
      partial_wgmma(stage, problem, at_once, own.stages));
  for (int set = 0; set < instance->sets(); ++set) encode({instance->product(set)});
  return instance;
}

Workload workload() {
  Workload workload = device_workload<Bf16>(
      "tcgen05", "derate", {.quick = {8192}, .full = kCubes, .shapes = 150}, prepare);
  workload.unsupported = [](const Device& device) {
    std::optional<std::string> reason = mma_chain::tcgen05_unsupported(device);
    return reason ? reason : mma_chain::tcgen05_not_built();
  };
  workload.stages = wgmma_stages;
  workload.configurations = configurations;
  workload.usual_configuration = [](const Problem&, const Device& device) {
    return configurations(device).front();
  };
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
