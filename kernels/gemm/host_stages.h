// SPDX-License-Identifier: Apache-2.0
// Stages of gemm on the CPU: the blocked product of host_tiled.cpp without a part of the memory
// below it. Threads, blocks, tiles and multiply-adds are those of the whole product; only where the
// operands come from differs: from registers, from a stretch of them that stays in L1 or in L2, or
// from packed panels that nobody has to pack. Results go to a block of each thread's own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/host/caches.h"
#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/operands.h"
#include "derate/workload.h"
#include "gemm/host_blocking.h"
#include "gemm/work.h"

namespace derate::gemm {

[[nodiscard]] inline std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// The smallest problem that is no smaller and gives every thread whole blocks and whole panels, as
/// many as any other.
[[nodiscard]] inline Problem even_problem(const Problem& problem, const HostTileKernels& kernels,
                                          int threads) {
  const std::int64_t rows = kernels.blocking.rows;
  std::int64_t m = rounded_up(problem.at("m"), rows);
  while (m % (rows * (threads / column_parts(m, threads))) != 0) m += rows;
  const std::int64_t n =
      rounded_up(problem.at("n"), kernels.panel_columns * column_parts(m, threads));
  return {{"m", m}, {"n", n}, {"k", problem.at("k")}};
}

/// From the whole to the launches alone, in the order in which a waterfall divides them. A CPU
/// without an L3, or whose L2 is not listed, measures there what it has.
[[nodiscard]] inline std::vector<Stage> host_stages() {
  return {Stage::whole_waves, Stage::l3, Stage::l2, Stage::l1, Stage::registers, Stage::launch};
}

/// Steps of the depth whose operands, `bytes_per_step` each, fill half of a cache at most; all of
/// them where the kernel does not list the cache.
[[nodiscard]] inline std::int64_t steps_in_cache(int level, std::int64_t bytes_per_step,
                                                 std::int64_t depth) {
  for (const host::DataCache& cache : host::data_caches()) {
    if (cache.level != level) continue;
    const auto share = static_cast<std::int64_t>(cache.bytes) / (level > 2 ? cache.cores : 1);
    return std::min(depth, std::max<std::int64_t>(8, share / 2 / bytes_per_step));
  }
  return depth;
}

class AblatedGemm final : public Instance {
 public:
  /// `problem` is even for the threads.
  AblatedGemm(const Problem& problem, const Operands& operands, host::PoolSession& session,
              const HostTileKernels& kernels)
      : stage_(operands.stage),
        kernels_(kernels),
        m_(problem.at("m")),
        n_(problem.at("n")),
        k_(problem.at("k")),
        data_(operands.data),
        pool_(session.pool()),
        work_(stage_ == Stage::launch ? Work{} : gemm::work(problem, Precision::f32)) {
    if (stage_ == Stage::registers) multiply_ = kernels_.from_registers;
    if (stage_ == Stage::l1 || stage_ == Stage::l2) {
      multiply_ = kernels_.from_window;
      window_ =
          stage_ == Stage::l1 ? window(1, kernels_.tile_rows) : window(2, kernels_.blocking.rows);
    }
    const std::int64_t panels = all_panels() ? panels_ : 1;
    b_ = host::Buffer<float>(panels * panel_size());
    host::fill(pool_, b_, [&](std::int64_t i) { return element_of_b(i); });
    for (int thread = 0; thread < pool_.size(); ++thread) {
      threads_.push_back({block_of_a(), host::Buffer<float>(kernels_.blocking.rows * columns())});
    }
    poison();
  }

  void launch(int) override {
    for (int block = 0; block < blocks_; ++block) {
      pool_.run([](int) {});  // where the whole product packs
      if (stage_ == Stage::launch) {
        pool_.run([&](int thread) { ++own(thread).runs; });
        continue;
      }
      const host::Range depth = host::share(k_, 1, static_cast<int>(blocks_), block);
      pool_.run([&](int thread) { multiply_share(thread, depth.end - depth.begin); });
    }
  }

  void poison() override {
    for (OfThread& thread : threads_) {
      thread.runs = 0;
      std::fill_n(thread.c.data(), thread.c.size(), std::numeric_limits<float>::quiet_NaN());
    }
  }

  [[nodiscard]] std::optional<Work> work_of_launch() const override { return work_; }

  /// What the last tiles of each thread hold, and how many there were.
  [[nodiscard]] std::optional<std::string> check() override {
    for (int thread = 0; thread < pool_.size(); ++thread) {
      const std::int64_t expected = runs_of(thread);
      if (own(thread).runs != expected) {
        return "thread " + std::to_string(thread) + " did " + std::to_string(own(thread).runs) +
               " of " + std::to_string(expected) + " parts";
      }
      if (stage_ == Stage::launch) continue;
      if (auto wrong = wrong_in(thread)) return wrong;
    }
    return std::nullopt;
  }

 private:
  struct OfThread {
    host::Buffer<float> a;
    host::Buffer<float> c;
    std::int64_t runs = 0;  ///< blocks times panels, or launches, since poison()
  };

  [[nodiscard]] OfThread& own(int thread) { return threads_[static_cast<std::size_t>(thread)]; }
  [[nodiscard]] std::int64_t columns() const { return kernels_.panel_columns; }
  [[nodiscard]] bool all_panels() const { return stage_ == Stage::l3; }
  /// Rows of A other than those of the first tile are read.
  [[nodiscard]] bool all_rows() const { return stage_ == Stage::l3 || stage_ == Stage::l2; }
  /// The depth of the deepest block; others are one less.
  [[nodiscard]] std::int64_t deepest() const { return (k_ + blocks_ - 1) / blocks_; }
  [[nodiscard]] std::int64_t panel_size() const { return columns() * deepest(); }
  [[nodiscard]] std::int64_t window(int level, std::int64_t rows) const {
    const auto bytes = static_cast<std::int64_t>(sizeof(float)) * (rows + columns());
    return steps_in_cache(level, bytes, deepest());
  }

  /// Packed: by panels, then by the depth.
  [[nodiscard]] float element_of_b(std::int64_t i) const {
    const std::int64_t column = i / panel_size() * columns() + i % columns();
    const std::int64_t p = i % panel_size() / columns();
    return static_cast<float>(element(data_, kSeedB, static_cast<std::uint64_t>(p * n_ + column)));
  }
  [[nodiscard]] float element_of_a(std::int64_t row, std::int64_t p) const {
    return static_cast<float>(element(data_, kSeedA, static_cast<std::uint64_t>(row * k_ + p)));
  }
  [[nodiscard]] host::Buffer<float> block_of_a() const {
    host::Buffer<float> block(kernels_.blocking.rows * row_stride_);
    for (std::int64_t row = 0; row < kernels_.blocking.rows; ++row) {
      float* const to = block.data() + row * row_stride_;
      for (std::int64_t p = 0; p < deepest(); ++p) to[p] = element_of_a(row, p);
    }
    return block;
  }

  void multiply_share(int thread, std::int64_t depth) {
    const auto [rows, panels] = part_of(m_, panels_, pool_.size(), thread);
    OfThread& mine = own(thread);
    const std::int64_t tile_stride = all_rows() ? kernels_.tile_rows * row_stride_ : 0;
    for (std::int64_t row = rows.begin; row < rows.end; row += kernels_.blocking.rows) {
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel, ++mine.runs) {
        const float* const b = b_.data() + (all_panels() ? panel * panel_size() : 0);
        multiply_(mine.a.data(), kernels_.blocking.rows, tile_stride, b, depth, mine.c.data(),
                  window_);
      }
    }
  }

  [[nodiscard]] std::int64_t runs_of(int thread) const {
    if (stage_ == Stage::launch) return blocks_;
    const auto [rows, panels] = part_of(m_, panels_, pool_.size(), thread);
    return blocks_ * ((rows.end - rows.begin) / kernels_.blocking.rows) *
           (panels.end - panels.begin);
  }

  /// The first element of a thread's result that is not that of its last block of depth.
  [[nodiscard]] std::optional<std::string> wrong_in(int thread) {
    const host::Range depth =
        host::share(k_, 1, static_cast<int>(blocks_), static_cast<int>(blocks_ - 1));
    const std::int64_t last_panel = part_of(m_, panels_, pool_.size(), thread).panels.end - 1;
    const float* const c = own(thread).c.data();
    for (std::int64_t row = 0; row < kernels_.blocking.rows; ++row) {
      for (std::int64_t column = 0; column < columns(); ++column) {
        const auto [value, tolerance] = expected(
            row, (all_panels() ? last_panel : 0) * columns() + column, depth.end - depth.begin);
        const double got = c[row * columns() + column];
        if (std::abs(got - value) <= tolerance) continue;
        return "stage " + std::string(to_string(stage_)) + ", thread " + std::to_string(thread) +
               ": C(" + std::to_string(row) + ", " + std::to_string(column) + ") is " +
               std::to_string(got) + ", not " + std::to_string(value) + " within " +
               std::to_string(tolerance);
      }
    }
    return std::nullopt;
  }

  struct Value {
    double value;
    double tolerance;
  };
  [[nodiscard]] Value expected(std::int64_t row, std::int64_t column, std::int64_t depth) const {
    const std::int64_t in_tile = all_rows() ? row : row % kernels_.tile_rows;
    double sum = 0;
    double squares = 0;
    for (std::int64_t step = 0; step < depth; ++step) {
      const bool held = stage_ == Stage::registers;
      const std::int64_t p = held ? 0 : step % window_;
      const std::int64_t from = held && step > 0 ? in_tile % 2 : in_tile;
      const double product = static_cast<double>(a_at(from, p)) * b_at(column, p);
      sum += product;
      squares += product * product;
    }
    // The errors of repeated products do not walk at random: as many as there are may add up.
    const double largest = std::max(std::sqrt(squares), std::abs(sum));
    return {sum, static_cast<double>(depth) * std::numeric_limits<float>::epsilon() * largest};
  }
  [[nodiscard]] float a_at(std::int64_t row, std::int64_t p) const {
    return threads_.front().a[row * row_stride_ + p];
  }
  [[nodiscard]] float b_at(std::int64_t column, std::int64_t p) const {
    return b_[column / columns() * panel_size() + p * columns() + column % columns()];
  }

  Stage stage_;
  HostTileKernels kernels_;
  std::int64_t m_;
  std::int64_t n_;
  std::int64_t k_;
  DataPattern data_;
  host::ThreadPool& pool_;
  Work work_;
  std::int64_t blocks_ = (k_ + kernels_.blocking.depth - 1) / kernels_.blocking.depth;
  std::int64_t panels_ = n_ / kernels_.panel_columns;
  std::int64_t row_stride_ = row_stride(kernels_.blocking.depth);
  std::int64_t window_ = deepest();
  HostTileKernels::MultiplyAblated multiply_ = kernels_.from_panels;
  host::Buffer<float> b_;
  std::vector<OfThread> threads_;
};

/// The stage that `operands` asks for, on a problem that is even for the threads.
inline std::unique_ptr<Instance> stage_of(const Problem& problem, const Operands& operands,
                                          host::PoolSession& session,
                                          const HostTileKernels& kernels, const std::string& name) {
  const Problem even = even_problem(problem, kernels, session.pool().size());
  if (operands.stage != Stage::whole_waves) {
    return std::make_unique<AblatedGemm>(even, operands, session, kernels);
  }
  Operands own = operands;
  own.shared = nullptr;  // the others multiply the problem itself
  return std::make_unique<BlockedGemm>(even, own, session, kernels, name);
}

}  // namespace derate::gemm
