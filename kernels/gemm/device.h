// SPDX-License-Identifier: Apache-2.0
// What all CUDA variants of gemm share: operands in device memory, and the comparison with the
// reference. A variant adds the function that starts the multiplication.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "gemm/work.h"

namespace derate::gemm {

/// C = A·B, row-major, on the device: A is m x k, B is k x n, C is m x n, each without gaps unless
/// the variant has asked for an alignment of rows.
template <typename T>
struct Product {
  int m;
  int n;
  int k;
  const T* a;
  const T* b;
  Result<T>* c;
};

template <typename T>
using Multiply = std::function<void(const Product<T>&, cudaStream_t)>;

/// From one row to the next, in elements, where rows begin at multiples of `row_alignment`: what
/// BLAS calls the leading dimension.
inline std::int64_t pitch_of(std::int64_t columns, std::int64_t row_alignment) {
  return (columns + row_alignment - 1) / row_alignment * row_alignment;
}

/// A, B and C on the device, as often as launches rotate over them, with NaN in the gaps between
/// rows. B's elements are the same whatever layout a variant takes them for.
template <typename T>
class DeviceSets {
 public:
  struct Set {
    cuda::DeviceBuffer<T> a;
    cuda::DeviceBuffer<T> b;
    cuda::DeviceBuffer<Result<T>> c;
  };

  DeviceSets(const Problem& problem, const Operands& operands, Session& session,
             std::int64_t row_alignment)
      : pattern_(operands.data), row_alignment_(row_alignment), stream_(cuda::stream_of(session)) {
    const int sets = operands.sets(work_of<T>(problem).bytes, session.device());
    const std::int64_t m = problem.at("m");
    const std::int64_t n = problem.at("n");
    const std::int64_t k = problem.at("k");
    for (int set = 0; set < sets; ++set) {
      Set& added =
          sets_.emplace_back(Set{filled(m, k, kSeedA), filled(k, n, kSeedB),
                                 cuda::DeviceBuffer<Result<T>>(m * pitch_of(n, row_alignment_))});
      added.c.poison(stream_);
    }
    session.synchronize();
  }

  [[nodiscard]] int count() const { return static_cast<int>(sets_.size()); }
  [[nodiscard]] Set& operator[](int set) { return sets_[static_cast<std::size_t>(set)]; }

 private:
  [[nodiscard]] cuda::DeviceBuffer<T> filled(std::int64_t rows, std::int64_t columns,
                                             std::uint64_t seed) const {
    cuda::DeviceBuffer<T> dense(rows * columns);
    dense.fill(pattern_, seed, stream_);
    const std::int64_t pitch = pitch_of(columns, row_alignment_);
    if (pitch == columns) return dense;
    cuda::DeviceBuffer<T> spread(rows * pitch);
    spread.poison(stream_);
    const auto bytes = [](std::int64_t count) {
      return static_cast<std::size_t>(count) * sizeof(T);
    };
    cuda::check(
        cudaMemcpy2DAsync(spread.data(), bytes(pitch), dense.data(), bytes(columns), bytes(columns),
                          static_cast<std::size_t>(rows), cudaMemcpyDeviceToDevice, stream_),
        "cudaMemcpy2DAsync");
    cuda::check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");  // `dense` ends here
    return spread;
  }

  DataPattern pattern_;
  std::int64_t row_alignment_;
  cudaStream_t stream_;
  std::vector<Set> sets_;
};

/// The sets of one variant, or those that several share: only what has no gaps can serve all.
template <typename T>
std::shared_ptr<DeviceSets<T>> device_sets(const Problem& problem, const Operands& operands,
                                           Session& session, std::int64_t row_alignment) {
  const auto make = [&] { return DeviceSets<T>(problem, operands, session, row_alignment); };
  const bool has_gaps =
      problem.at("n") % row_alignment != 0 || problem.at("k") % row_alignment != 0;
  return has_gaps ? std::make_shared<DeviceSets<T>>(make())
                  : made_or_shared<DeviceSets<T>>(operands, make);
}

/// Of a stage of an attribution: which products it adds, and what it does.
struct Partial {
  Times times;
  Work work;
};

/// Operand sets for one problem, its own or shared with other variants, and how a variant
/// multiplies them. `algorithm` names the one that a library chose for the problem. Rows of all
/// three matrices begin at multiples of `row_alignment` elements.
template <typename T>
class DeviceInstance final : public Instance {
 public:
  DeviceInstance(const Problem& problem, const Operands& operands, Session& session,
                 Multiply<T> multiply, LayoutOfB layout_of_b = LayoutOfB::row_major,
                 std::string algorithm = "", std::int64_t row_alignment = 1,
                 std::optional<Partial> partial = {})
      : problem_(problem),
        pattern_(operands.data),
        layout_of_b_(layout_of_b),
        stream_(cuda::stream_of(session)),
        multiply_(std::move(multiply)),
        algorithm_(std::move(algorithm)),
        row_alignment_(row_alignment),
        partial_(std::move(partial)),
        sets_(device_sets<T>(problem, operands, session, row_alignment)) {}

  void launch(int set) override { multiply_(product(set), stream_); }

  /// What a launch on this set multiplies.
  [[nodiscard]] Product<T> product(int set) const {
    auto& operands = (*sets_)[set];
    return {static_cast<int>(problem_.at("m")),
            static_cast<int>(problem_.at("n")),
            static_cast<int>(problem_.at("k")),
            operands.a.data(),
            operands.b.data(),
            operands.c.data()};
  }

  [[nodiscard]] int sets() const override { return sets_->count(); }

  void poison() override { (*sets_)[0].c.poison(stream_); }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::int64_t n = problem_.at("n");
    const auto row_of = [&](std::int64_t row) {
      return (*sets_)[0].c.to_host(row * pitch_of(n, row_alignment_), n, stream_);
    };
    return gemm::check<T>(pattern_, problem_, row_of, layout_of_b_,
                          partial_ ? partial_->times : Times{});
  }

  [[nodiscard]] std::string algorithm() const override { return algorithm_; }

  [[nodiscard]] std::optional<Work> work_of_launch() const override {
    if (partial_) return partial_->work;
    return std::nullopt;
  }

 private:
  Problem problem_;
  DataPattern pattern_;
  LayoutOfB layout_of_b_;
  cudaStream_t stream_;
  Multiply<T> multiply_;
  std::string algorithm_;
  std::int64_t row_alignment_;
  std::optional<Partial> partial_;
  std::shared_ptr<DeviceSets<T>> sets_;
};

}  // namespace derate::gemm
