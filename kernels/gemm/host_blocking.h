// SPDX-License-Identifier: Apache-2.0
// How the CPU's tiled gemm divides a product: among threads, into blocks of A and panels of B for
// the caches, and who packs and multiplies them. host_tiled.cpp has the kernels, host_stages.h the
// same without parts of the memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "gemm/host_instance.h"

namespace derate::gemm {

struct Blocking {
  std::int64_t rows;   // of m
  std::int64_t depth;  // of k
};

// Deep blocks of few rows come first: each tile of C is read and written once per block of depth,
// and that traffic costs more than the panel of B (128 KB with 512-bit vectors) living in L2
// instead of L1. On a Zen 5 core at 2048 cubed, depths of 256, 512 and 1024 reach 80, 87 and 92 %
// of the peak. The others are for smaller or larger caches, and for a measurement to prefer.
inline constexpr Blocking kBlockings[] = {{48, 1024}, {96, 1024}, {96, 512}, {192, 256}};
inline constexpr std::size_t kBlockingCount = std::size(kBlockings);

// A constant distance between rows of the copy of A turns into displacements, no register each; the
// 16 more keep rows from falling into the same sets of the cache.
constexpr std::int64_t row_stride(std::int64_t depth) { return depth + 16; }

/// Where the loop over the depth takes its operands: all of the packed ones, the same stretch of
/// them again and again, or registers.
enum class Source { panels, window, registers };

/// Of one instruction set and blocking; host_tiled.cpp describes the functions.
struct HostTileKernels {
  using PackPanel = void (*)(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
  using MultiplyPanel = void (*)(const float*, std::int64_t, const float*, std::int64_t, float*,
                                 std::int64_t, std::int64_t, bool);
  using MultiplyAblated = void (*)(const float*, std::int64_t, std::int64_t, const float*,
                                   std::int64_t, float*, std::int64_t);
  Blocking blocking;
  std::int64_t panel_columns;
  std::int64_t tile_rows;
  PackPanel pack;
  MultiplyPanel multiply;
  MultiplyAblated from_panels;
  MultiplyAblated from_window;
  MultiplyAblated from_registers;
};

/// A thread's part of C.
struct Part {
  host::Range rows;
  host::Range panels;
};

/// Into how many parts threads divide the columns: they divide the rows while each gets enough of
/// them, and the columns beyond that.
inline int column_parts(std::int64_t m, int threads) {
  constexpr std::int64_t kFewRows = 48;
  int parts = 1;
  while (threads % (2 * parts) == 0 && m * parts < threads * kFewRows) parts *= 2;
  return parts;
}

inline Part part_of(std::int64_t m, std::int64_t panels, int threads, int thread) {
  constexpr std::int64_t kRowGrain = 4;  // 4 x 2 accumulators still hide the FMA's latency
  const int across = column_parts(m, threads);
  const int down = threads / across;
  return {host::share(m, kRowGrain, down, thread / across),
          host::share(panels, 1, across, thread % across)};
}

class BlockedGemm final : public HostGemm<float> {
 public:
  BlockedGemm(const Problem& problem, const Operands& operands, host::PoolSession& session,
              const HostTileKernels& kernels, std::string name)
      : HostGemm<float>(problem, operands, session),
        kernels_(kernels),
        name_(std::move(name)),
        work_(gemm::work(problem, Precision::f32)),
        packed_b_(panels_ * kernels_.panel_columns * kernels_.blocking.depth) {
    for (int thread = 0; thread < pool_.size(); ++thread) {
      blocks_of_a_.emplace_back(kernels_.blocking.rows * row_stride_);
    }
  }

  [[nodiscard]] std::string algorithm() const override { return name_; }
  [[nodiscard]] std::optional<Work> work_of_launch() const override { return work_; }

 private:
  void multiply(const float* a, const float* b, float* c) override {
    const std::int64_t blocks = (k_ + kernels_.blocking.depth - 1) / kernels_.blocking.depth;
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
      kernels_.pack(b + depth.begin * n_ + first_column(panel), n_, depth.end - depth.begin,
                    columns_of(panel), panel_of_b(panel));
    }
  }

  void multiply_share(int thread, host::Range depth, const float* a, float* c) {
    const auto [rows, panels] = part_of(m_, panels_, pool_.size(), thread);
    for (std::int64_t row = rows.begin; row < rows.end; row += kernels_.blocking.rows) {
      const std::int64_t count = std::min(kernels_.blocking.rows, rows.end - row);
      float* const block = blocks_of_a_[static_cast<std::size_t>(thread)].data();
      for (std::int64_t i = 0; i < count; ++i) {
        const float* const source = a + (row + i) * k_;
        std::copy(source + depth.begin, source + depth.end, block + i * row_stride_);
      }
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        kernels_.multiply(block, count, panel_of_b(panel), depth.end - depth.begin,
                          c + row * n_ + first_column(panel), n_, columns_of(panel),
                          depth.begin > 0);
      }
    }
  }

  [[nodiscard]] std::int64_t first_column(std::int64_t panel) const {
    return panel * kernels_.panel_columns;
  }
  [[nodiscard]] std::int64_t columns_of(std::int64_t panel) const {
    return std::min(kernels_.panel_columns, n_ - first_column(panel));
  }
  [[nodiscard]] float* panel_of_b(std::int64_t panel) {
    return packed_b_.data() + panel * kernels_.panel_columns * kernels_.blocking.depth;
  }

  HostTileKernels kernels_;
  std::string name_;
  Work work_;
  std::int64_t row_stride_ = row_stride(kernels_.blocking.depth);
  std::int64_t panels_ = (n_ + kernels_.panel_columns - 1) / kernels_.panel_columns;
  host::Buffer<float> packed_b_;
  std::vector<host::Buffer<float>> blocks_of_a_;
};

}  // namespace derate::gemm
