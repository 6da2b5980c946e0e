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
#include <utility>

#include "gemm/configuration.h"
#include "gemm/host_blocking.h"
#include "gemm/host_stages.h"

HWY_BEFORE_NAMESPACE();
namespace derate::gemm {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Vectors = hn::ScalableTag<float>;
using Vector = hn::Vec<Vectors>;

// 12 x 2 accumulators, two vectors of B and a broadcast are 27 of 32 registers; AVX2 has 16. NEON
// multiplies by an element of a register, each of which GCC 12 loads well before its use: with 12
// rows it writes four sums back to the stack in every step, with 8 none.
constexpr int kTileRows =
    HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 ? 6
    : HWY_TARGET == HWY_NEON                                                    ? 8
                                                                                : 12;
constexpr std::int64_t kPanelColumns = 2 * hn::MaxLanes(Vectors());

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

/// Elements of A for which there are registers beside the sums and two vectors of B: of the first
/// two rows, for the even and the odd ones.
struct HeldElements {
  Vector even, odd;
};

/// Accumulators of the first kRows rows of a tile. Nested rather than an array: GCC 12 writes an
/// array of vectors back to the stack in every step, which cost two thirds of the speed.
template <int kRows, std::int64_t kRowStride>
struct Tile {
  Tile<kRows - 1, kRowStride> rows_above;
  Vector left, right;

  // One of the compiler's own would be for another instruction set, of which GCC says so on Arm.
  HWY_INLINE Tile() {}
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
  /// Sums that begin with the products themselves: no two rows are the same to the compiler, which
  /// would otherwise add up the first few only.
  HWY_INLINE void begin(const float* a, Vector b_left, Vector b_right) {
    rows_above.begin(a, b_left, b_right);
    const Vector element = hn::Set(Vectors(), a[(kRows - 1) * kRowStride]);
    left = hn::Mul(element, b_left);
    right = hn::Mul(element, b_right);
  }
  /// A step without a load: even and odd rows share one element each.
  HWY_INLINE void step(const HeldElements& held, Vector b_left, Vector b_right) {
    rows_above.step(held, b_left, b_right);
    const Vector element = kRows % 2 == 1 ? held.even : held.odd;
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
  HWY_INLINE Tile() {}
  HWY_INLINE void clear() {}
  HWY_INLINE void step(const float*, Vector, Vector) {}
  HWY_INLINE void begin(const float*, Vector, Vector) {}
  HWY_INLINE void step(const HeldElements&, Vector, Vector) {}
  HWY_INLINE void store(float*, std::int64_t, bool) const {}
};

/// C, kRows x kPanelColumns, = or += rows of A times a panel of B. `window`: steps after which
/// operands begin again, where they are to stay in a cache; not read where they go to the end.
template <Source kFrom, int kRows, std::int64_t kRowStride>
void multiply_tile(const float* HWY_RESTRICT a, const float* HWY_RESTRICT panel, std::int64_t depth,
                   float* HWY_RESTRICT c, std::int64_t n, bool accumulate, std::int64_t window) {
  const Vectors d;
  const std::size_t lanes = hn::Lanes(d);
  for (int row = 0; row < kRows; ++row) {
    hwy::Prefetch(c + row * n);
    hwy::Prefetch(c + row * n + lanes);
  }
  Tile<kRows, kRowStride> tile;
  if constexpr (kFrom == Source::registers) {
    const Vector b_left = hn::Load(d, panel), b_right = hn::Load(d, panel + lanes);
    const HeldElements held = {hn::Set(d, a[0]), hn::Set(d, a[kRowStride])};
    tile.begin(a, b_left, b_right);
    for (std::int64_t p = 1; p < depth; ++p) tile.step(held, b_left, b_right);
  } else {
    tile.clear();
    const std::int64_t stretch = kFrom == Source::window ? window : depth;
    for (std::int64_t begin = 0; begin < depth; begin += stretch) {
      const float* a_at = a;
      const float* panel_at = panel;
      const std::int64_t end = std::min(depth, begin + stretch);
      for (std::int64_t p = begin; p < end; ++p, ++a_at, panel_at += kPanelColumns) {
        tile.step(a_at, hn::Load(d, panel_at), hn::Load(d, panel_at + lanes));
      }
    }
  }
  tile.store(c, n, accumulate);
}

using MultiplyTile = void (*)(const float*, const float*, std::int64_t, float*, std::int64_t, bool,
                              std::int64_t);

/// One function per number of rows, so that the last rows of a block need neither padding nor a
/// copy: [rows - 1].
template <std::int64_t kRowStride, int... kIndex>
constexpr std::array<MultiplyTile, sizeof...(kIndex)> tiles(std::integer_sequence<int, kIndex...>) {
  return {multiply_tile<Source::panels, kIndex + 1, kRowStride>...};
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
      multiply(a, panel, depth, c + row * n, n, accumulate, 0);
      continue;
    }
    HWY_ALIGN float edge[kTileRows * kPanelColumns];
    multiply(a, panel, depth, edge, kPanelColumns, false, 0);
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        float& element = c[(row + i) * n + j];
        element = edge[i * kPanelColumns + j] + (accumulate ? element : 0.0f);
      }
    }
  }
}

/// The same with a stage of the memory left out: `rows`, a multiple of the tile's, from a block
/// whose tiles lie `tile_stride` apart, into a result of the block's size.
template <Source kFrom, std::int64_t kRowStride>
void multiply_ablated(const float* block, std::int64_t rows, std::int64_t tile_stride,
                      const float* panel, std::int64_t depth, float* c, std::int64_t window) {
  for (std::int64_t row = 0; row < rows; row += kTileRows, block += tile_stride) {
    multiply_tile<kFrom, kTileRows, kRowStride>(block, panel, depth, c + row * kPanelColumns,
                                                kPanelColumns, false, window);
  }
}

template <std::size_t kBlocking>
HostTileKernels kernels_of() {
  constexpr std::int64_t kStride = row_stride(kBlockings[kBlocking].depth);
  return {.blocking = kBlockings[kBlocking],
          .panel_columns = kPanelColumns,
          .tile_rows = kTileRows,
          .pack = pack_panel,
          .multiply = multiply_panel<kStride>,
          .from_panels = multiply_ablated<Source::panels, kStride>,
          .from_window = multiply_ablated<Source::window, kStride>,
          .from_registers = multiply_ablated<Source::registers, kStride>};
}

template <std::size_t... kIndex>
HostTileKernels kernels_of(std::size_t blocking, std::index_sequence<kIndex...>) {
  constexpr HostTileKernels (*kKernels[])() = {kernels_of<kIndex>...};
  return kKernels[blocking]();
}
HostTileKernels tile_kernels(std::size_t blocking) {
  return kernels_of(blocking, std::make_index_sequence<kBlockingCount>());
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::gemm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::gemm {
namespace {

HWY_EXPORT(tile_kernels);

std::vector<std::string> configurations() {
  std::vector<std::string> names;
  for (const Blocking& blocking : kBlockings) {
    names.push_back(std::to_string(blocking.rows) + "x" + std::to_string(blocking.depth));
  }
  return names;
}

std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const std::string name =
      operands.configuration.empty() ? configurations().front() : operands.configuration;
  const HostTileKernels kernels =
      HWY_DYNAMIC_DISPATCH(tile_kernels)(place_of_configuration(name, configurations()));
  host::PoolSession& pool_session = host::pool_session(session);
  if (operands.stage == Stage::whole) {
    return std::make_unique<BlockedGemm>(problem, operands, pool_session, kernels, name);
  }
  return stage_of(problem, operands, pool_session, kernels, name);
}

const Registration registration{[] {
  Workload workload = host_workload<float>("tiled", "derate", 60, prepare);
  workload.stages = [](const Device&) { return host_stages(); };
  workload.configurations = [](const Device&) { return configurations(); };
  workload.usual_configuration = [](const Problem&, const Device&) {
    return configurations().front();
  };
  return workload;
}()};

}  // namespace
}  // namespace derate::gemm
#endif  // HWY_ONCE
