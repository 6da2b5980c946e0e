// SPDX-License-Identifier: Apache-2.0
// gemm on the CPU with our own blocking, after Goto and van de Geijn (ACM TOMS 34, 2008). A tile of
// C stays in registers while it runs down the depth: per step two vectors of B and one broadcast
// element per row of A feed 2 multiply-adds per row. B is packed into panels two vectors wide,
// which every thread reads; A is copied into blocks, one per thread. Both stay in L2. Bound by the
// FMA pipes; what is lost goes to the packing, to the tiles of C and to waiting for the slower
// core. How deep and how high blocks are best depends on the caches: its configurations, named
// "48x1024" for rows and depth.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/host_tiled.cpp"
// Vectors without a size at compile time cannot be held in the arrays below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "gemm/configuration.h"
#include "gemm/host_instance.h"

#ifndef DERATE_GEMM_HOST_TILED_ONCE
#define DERATE_GEMM_HOST_TILED_ONCE
namespace derate::gemm {

struct Blocking {
  std::int64_t rows;   // of m
  std::int64_t depth;  // of k
};

// Deep blocks of few rows come first: each tile of C is read and written once per block of depth,
// and that traffic costs more than the panel of B (128 KB with 512-bit vectors) living in L2
// instead of L1. On a Zen 5 core at 2048 cubed, depths of 256, 512 and 1024 reach 80, 87 and 92 %
// of the peak. The others are for smaller or larger caches, and for a measurement to prefer.
constexpr Blocking kBlockings[] = {{48, 1024}, {96, 1024}, {96, 512}, {192, 256}};
constexpr std::size_t kBlockingCount = std::size(kBlockings);

// A constant distance between rows of the copy of A turns into displacements, no register each; the
// 16 more keep rows from falling into the same sets of the cache.
constexpr std::int64_t row_stride(std::int64_t depth) { return depth + 16; }

/// See multiply_panel() below.
using MultiplyPanel = void (*)(const float*, std::int64_t, const float*, std::int64_t, float*,
                               std::int64_t, std::int64_t, bool);

}  // namespace derate::gemm
#endif

HWY_BEFORE_NAMESPACE();
namespace derate::gemm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Vectors = hn::ScalableTag<float>;
using Vector = hn::Vec<Vectors>;

// 12 x 2 accumulators, two vectors of B and a broadcast are 27 of 32 registers; AVX2 has 16.
constexpr int kTileRows =
    HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 ? 6 : 12;
constexpr std::int64_t kPanelColumns = 2 * hn::MaxLanes(Vectors());

std::int64_t panel_columns() { return kPanelColumns; }

/// Copies `depth` rows of B, `columns` wide, into one panel; what the panel is wider becomes 0.
void pack_panel(const float* b, std::int64_t n, std::int64_t depth, std::int64_t columns,
                float* HWY_RESTRICT panel) {
  const Vectors d;
  for (std::int64_t p = 0; p < depth; ++p, b += n, panel += kPanelColumns) {
    if (columns == kPanelColumns) {
      hn::Store(hn::LoadU(d, b), d, panel);
      hn::Store(hn::LoadU(d, b + hn::Lanes(d)), d, panel + hn::Lanes(d));
    } else {
      std::fill(std::copy(b, b + columns, panel), panel + kPanelColumns, 0.0f);
    }
  }
}

/// Accumulators of the first kRows rows of a tile. Nested rather than an array: GCC 12 writes an
/// array of vectors back to the stack in every step, which cost two thirds of the speed.
template <int kRows, std::int64_t kRowStride>
struct Tile {
  Tile<kRows - 1, kRowStride> rows_above;
  Vector left, right;

  HWY_INLINE void clear() {
    rows_above.clear();
    left = right = hn::Zero(Vectors());
  }
  HWY_INLINE void step(const float* a, Vector b_left, Vector b_right) {
    rows_above.step(a, b_left, b_right);
    const Vector element = hn::Set(Vectors(), a[(kRows - 1) * kRowStride]);
    left = hn::MulAdd(element, b_left, left);
    right = hn::MulAdd(element, b_right, right);
  }
  HWY_INLINE void store(float* c, std::int64_t n, bool accumulate) const {
    rows_above.store(c, n, accumulate);
    const Vectors d;
    float* const row = c + (kRows - 1) * n;
    const auto old_left = accumulate ? hn::LoadU(d, row) : hn::Zero(d);
    const auto old_right = accumulate ? hn::LoadU(d, row + hn::Lanes(d)) : hn::Zero(d);
    hn::StoreU(hn::Add(left, old_left), d, row);
    hn::StoreU(hn::Add(right, old_right), d, row + hn::Lanes(d));
  }
};
template <std::int64_t kRowStride>
struct Tile<0, kRowStride> {
  HWY_INLINE void clear() {}
  HWY_INLINE void step(const float*, Vector, Vector) {}
  HWY_INLINE void store(float*, std::int64_t, bool) const {}
};

/// C, kRows x kPanelColumns, = or += rows of A times a panel of B.
template <int kRows, std::int64_t kRowStride>
void multiply_tile(const float* HWY_RESTRICT a, const float* HWY_RESTRICT panel, std::int64_t depth,
                   float* HWY_RESTRICT c, std::int64_t n, bool accumulate) {
  const Vectors d;
  const std::size_t lanes = hn::Lanes(d);
  for (int row = 0; row < kRows; ++row) {
    hwy::Prefetch(c + row * n);
    hwy::Prefetch(c + row * n + lanes);
  }
  Tile<kRows, kRowStride> tile;
  tile.clear();
  for (std::int64_t p = 0; p < depth; ++p, ++a, panel += kPanelColumns) {
    tile.step(a, hn::Load(d, panel), hn::Load(d, panel + lanes));
  }
  tile.store(c, n, accumulate);
}

using MultiplyTile = void (*)(const float*, const float*, std::int64_t, float*, std::int64_t, bool);

/// One function per number of rows, so that the last rows of a block need neither padding nor a
/// copy: [rows - 1].
template <std::int64_t kRowStride, int... kIndex>
constexpr std::array<MultiplyTile, sizeof...(kIndex)> tiles(std::integer_sequence<int, kIndex...>) {
  return {multiply_tile<kIndex + 1, kRowStride>...};
}

/// The columns of one panel, `rows` of them deep: C = or += block of A times the panel.
template <std::int64_t kRowStride>
void multiply_panel(const float* block, std::int64_t rows, const float* panel, std::int64_t depth,
                    float* c, std::int64_t n, std::int64_t columns, bool accumulate) {
  constexpr auto kTiles = tiles<kRowStride>(std::make_integer_sequence<int, kTileRows>());
  for (std::int64_t row = 0; row < rows; row += kTileRows) {
    const std::int64_t count = std::min<std::int64_t>(kTileRows, rows - row);
    const MultiplyTile multiply = kTiles[static_cast<std::size_t>(count - 1)];
    const float* const a = block + row * kRowStride;
    if (columns == kPanelColumns) {
      multiply(a, panel, depth, c + row * n, n, accumulate);
      continue;
    }
    HWY_ALIGN float edge[kTileRows * kPanelColumns];
    multiply(a, panel, depth, edge, kPanelColumns, false);
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        float& element = c[(row + i) * n + j];
        element = edge[i * kPanelColumns + j] + (accumulate ? element : 0.0f);
      }
    }
  }
}

/// That of each blocking.
template <std::size_t... kIndex>
MultiplyPanel panel_of(std::size_t blocking, std::index_sequence<kIndex...>) {
  constexpr MultiplyPanel kPanels[] = {multiply_panel<row_stride(kBlockings[kIndex].depth)>...};
  return kPanels[blocking];
}
MultiplyPanel panel_multiplication(std::size_t blocking) {
  return panel_of(blocking, std::make_index_sequence<kBlockingCount>());
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::gemm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::gemm {
namespace {

HWY_EXPORT(panel_columns);
HWY_EXPORT(pack_panel);
HWY_EXPORT(panel_multiplication);

std::vector<std::string> configurations() {
  std::vector<std::string> names;
  for (const Blocking& blocking : kBlockings) {
    names.push_back(std::to_string(blocking.rows) + "x" + std::to_string(blocking.depth));
  }
  return names;
}

class TiledGemm final : public HostGemm<float> {
 public:
  TiledGemm(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : HostGemm<float>(problem, operands, session),
        configuration_(operands.configuration.empty()
                           ? 0
                           : place_of_configuration(operands.configuration, configurations())) {
    packed_b_ = host::Buffer<float>(panels_ * panel_columns_ * block_depth_);
    for (int thread = 0; thread < pool_.size(); ++thread) {
      blocks_of_a_.emplace_back(block_rows_ * row_stride_);
    }
  }

  [[nodiscard]] std::string algorithm() const override { return configurations()[configuration_]; }

 private:
  void multiply(const float* a, const float* b, float* c) override {
    const std::int64_t blocks = (k_ + block_depth_ - 1) / block_depth_;
    for (int block = 0; block < blocks; ++block) {
      // Blocks of equal depth: a thin last one would pay for its tiles of C and do little.
      const host::Range depth = host::share(k_, 1, static_cast<int>(blocks), block);
      pool_.run([&](int thread) { pack(thread, depth, b); });
      pool_.run([&](int thread) { multiply_share(thread, depth, a, c); });
    }
  }

  void pack(int thread, host::Range depth, const float* b) {
    const host::Range mine = host::share(panels_, 1, pool_.size(), thread);
    for (std::int64_t panel = mine.begin; panel < mine.end; ++panel) {
      const std::int64_t column = panel * panel_columns_;
      HWY_DYNAMIC_DISPATCH(pack_panel)
      (b + depth.begin * n_ + column, n_, depth.end - depth.begin,
       std::min(panel_columns_, n_ - column), panel_of_b(panel));
    }
  }

  /// Threads divide the rows while each gets enough of them, and the columns beyond that.
  void multiply_share(int thread, host::Range depth, const float* a, float* c) {
    int column_parts = 1;
    while (pool_.size() % (2 * column_parts) == 0 && m_ * column_parts < pool_.size() * kFewRows) {
      column_parts *= 2;
    }
    const int row_parts = pool_.size() / column_parts;
    const host::Range rows = host::share(m_, kRowGrain, row_parts, thread / column_parts);
    const host::Range panels = host::share(panels_, 1, column_parts, thread % column_parts);
    for (std::int64_t row = rows.begin; row < rows.end; row += block_rows_) {
      const std::int64_t count = std::min(block_rows_, rows.end - row);
      float* const block = blocks_of_a_[static_cast<std::size_t>(thread)].data();
      for (std::int64_t i = 0; i < count; ++i) {
        const float* const source = a + (row + i) * k_;
        std::copy(source + depth.begin, source + depth.end, block + i * row_stride_);
      }
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        const std::int64_t column = panel * panel_columns_;
        multiply_panel_(block, count, panel_of_b(panel), depth.end - depth.begin,
                        c + row * n_ + column, n_, std::min(panel_columns_, n_ - column),
                        depth.begin > 0);
      }
    }
  }

  float* panel_of_b(std::int64_t panel) {
    return packed_b_.data() + panel * panel_columns_ * block_depth_;
  }

  static constexpr std::int64_t kRowGrain = 4;  // 4 x 2 accumulators still hide the FMA's latency
  static constexpr std::int64_t kFewRows = 48;

  std::size_t configuration_;
  std::int64_t block_rows_ = kBlockings[configuration_].rows;
  std::int64_t block_depth_ = kBlockings[configuration_].depth;
  std::int64_t row_stride_ = row_stride(block_depth_);
  MultiplyPanel multiply_panel_ = HWY_DYNAMIC_DISPATCH(panel_multiplication)(configuration_);
  std::int64_t panel_columns_ = HWY_DYNAMIC_DISPATCH(panel_columns)();
  std::int64_t panels_ = (n_ + panel_columns_ - 1) / panel_columns_;
  host::Buffer<float> packed_b_;
  std::vector<host::Buffer<float>> blocks_of_a_;
};

const Registration registration{[] {
  Workload workload = host_workload<float, TiledGemm>("tiled", "derate", 60);
  workload.configurations = [](const Device&) { return configurations(); };
  workload.usual_configuration = [](const Problem&, const Device&) {
    return configurations().front();
  };
  return workload;
}()};

}  // namespace
}  // namespace derate::gemm
#endif  // HWY_ONCE
