// SPDX-License-Identifier: Apache-2.0
// Reads an algorithm's attributes (id, tile, stages, cluster and so on) and names their values; one
// that is not in the tables is printed as its number.
#include "backend/cuda/cublas_lt_names.h"

#include <array>
#include <cstdint>
#include <optional>

namespace derate::cuda {
namespace {

struct Named {
  int id;
  const char* name;
};

// Of the hundreds of tiles those that kernels for tensor units are known to use; CUDA 12.0 has all.
constexpr std::array kTiles = {
    Named{CUBLASLT_MATMUL_TILE_32x32, "32x32"},     Named{CUBLASLT_MATMUL_TILE_32x64, "32x64"},
    Named{CUBLASLT_MATMUL_TILE_64x32, "64x32"},     Named{CUBLASLT_MATMUL_TILE_32x128, "32x128"},
    Named{CUBLASLT_MATMUL_TILE_64x64, "64x64"},     Named{CUBLASLT_MATMUL_TILE_128x32, "128x32"},
    Named{CUBLASLT_MATMUL_TILE_64x128, "64x128"},   Named{CUBLASLT_MATMUL_TILE_128x64, "128x64"},
    Named{CUBLASLT_MATMUL_TILE_64x256, "64x256"},   Named{CUBLASLT_MATMUL_TILE_128x128, "128x128"},
    Named{CUBLASLT_MATMUL_TILE_256x64, "256x64"},   Named{CUBLASLT_MATMUL_TILE_64x512, "64x512"},
    Named{CUBLASLT_MATMUL_TILE_128x256, "128x256"}, Named{CUBLASLT_MATMUL_TILE_256x128, "256x128"},
    Named{CUBLASLT_MATMUL_TILE_512x64, "512x64"},   Named{CUBLASLT_MATMUL_TILE_64x96, "64x96"},
    Named{CUBLASLT_MATMUL_TILE_96x64, "96x64"},     Named{CUBLASLT_MATMUL_TILE_96x128, "96x128"},
    Named{CUBLASLT_MATMUL_TILE_128x160, "128x160"}, Named{CUBLASLT_MATMUL_TILE_160x128, "160x128"},
    Named{CUBLASLT_MATMUL_TILE_192x128, "192x128"}, Named{CUBLASLT_MATMUL_TILE_128x192, "128x192"},
    Named{CUBLASLT_MATMUL_TILE_128x96, "128x96"},   Named{CUBLASLT_MATMUL_TILE_32x256, "32x256"},
    Named{CUBLASLT_MATMUL_TILE_256x32, "256x32"},
};

constexpr std::array kClusters = {
    Named{CUBLASLT_CLUSTER_SHAPE_AUTO, "auto"}, Named{CUBLASLT_CLUSTER_SHAPE_1x1x1, "1x1"},
    Named{CUBLASLT_CLUSTER_SHAPE_2x1x1, "2x1"}, Named{CUBLASLT_CLUSTER_SHAPE_4x1x1, "4x1"},
    Named{CUBLASLT_CLUSTER_SHAPE_1x2x1, "1x2"}, Named{CUBLASLT_CLUSTER_SHAPE_2x2x1, "2x2"},
    Named{CUBLASLT_CLUSTER_SHAPE_4x2x1, "4x2"}, Named{CUBLASLT_CLUSTER_SHAPE_1x4x1, "1x4"},
    Named{CUBLASLT_CLUSTER_SHAPE_2x4x1, "2x4"}, Named{CUBLASLT_CLUSTER_SHAPE_4x4x1, "4x4"},
};

constexpr std::array kStages = {
    Named{CUBLASLT_MATMUL_STAGES_16xAUTO, "16xauto"},
    Named{CUBLASLT_MATMUL_STAGES_32xAUTO, "32xauto"},
    Named{CUBLASLT_MATMUL_STAGES_64xAUTO, "64xauto"},
    Named{CUBLASLT_MATMUL_STAGES_128xAUTO, "128xauto"},
};

template <typename Names>
std::string name_of(int id, const Names& names) {
  for (const Named& named : names) {
    if (named.id == id) return named.name;
  }
  return "number " + std::to_string(id);
}

/// Depths of 16 to 128 with one to six stages each are numbered in a row.
std::string stages_name(int id) {
  constexpr int kCounts = 6;
  if (id < CUBLASLT_MATMUL_STAGES_16x1 || id > CUBLASLT_MATMUL_STAGES_128x6) {
    return name_of(id, kStages);
  }
  const int place = id - CUBLASLT_MATMUL_STAGES_16x1;
  return std::to_string(16 << (place / kCounts)) + "x" + std::to_string(place % kCounts + 1);
}

}  // namespace

std::string describe(const cublasLtMatmulAlgo_t& algorithm,
                     decltype(&cublasLtMatmulAlgoConfigGetAttribute) get) {
  const auto number = [&]<typename Number>(cublasLtMatmulAlgoConfigAttributes_t attribute,
                                           Number value) -> std::optional<int> {
    std::size_t written = 0;
    const auto status = get(&algorithm, attribute, &value, sizeof value, &written);
    if (status != CUBLAS_STATUS_SUCCESS) return std::nullopt;
    return static_cast<int>(value);
  };
  std::string text;
  const auto add = [&](const char* what, const std::string& name) {
    text += (text.empty() ? "" : ", ") + std::string(what) + " " + name;
  };
  // The types are those of the attributes' descriptions.
  const auto id = number(CUBLASLT_ALGO_CONFIG_ID, std::int32_t{});
  const auto tile = number(CUBLASLT_ALGO_CONFIG_TILE_ID, std::uint32_t{});
  const auto stages = number(CUBLASLT_ALGO_CONFIG_STAGES_ID, std::uint32_t{});
  const auto splits = number(CUBLASLT_ALGO_CONFIG_SPLITK_NUM, std::int32_t{});
  const auto cluster = number(CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, std::uint16_t{});
  if (id) add("algorithm", std::to_string(*id));
  if (tile) add("tile", name_of(*tile, kTiles));
  if (stages) add("stages", stages_name(*stages));
  if (splits) add("split-k", std::to_string(*splits));
  if (cluster) add("cluster", name_of(*cluster, kClusters));
  return text;
}

}  // namespace derate::cuda
