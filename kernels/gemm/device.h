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

#include "cuda/buffer.h"
#include "cuda/stream_session.h"
#include "derate/workload.h"
#include "gemm/work.h"

namespace derate::gemm {

/// C = A·B, row-major, on the device: A is m x k, B is k x n, C is m x n.
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

/// Operand sets for one problem, and how a variant multiplies them. `algorithm` names the one that
/// a library chose for the problem.
template <typename T>
class DeviceInstance final : public Instance {
 public:
  DeviceInstance(const Problem& problem, const Operands& operands, Session& session,
                 Multiply<T> multiply, LayoutOfB layout_of_b = LayoutOfB::row_major,
                 std::string algorithm = "")
      : problem_(problem),
        pattern_(operands.data),
        layout_of_b_(layout_of_b),
        stream_(cuda::stream_of(session)),
        multiply_(std::move(multiply)),
        algorithm_(std::move(algorithm)) {
    const int sets = operands.sets(work_of<T>(problem).bytes, session.device());
    const std::int64_t m = problem.at("m");
    const std::int64_t n = problem.at("n");
    const std::int64_t k = problem.at("k");
    for (int set = 0; set < sets; ++set) {
      Set& added =
          sets_.emplace_back(Set{cuda::DeviceBuffer<T>(m * k), cuda::DeviceBuffer<T>(k * n),
                                 cuda::DeviceBuffer<Result<T>>(m * n)});
      added.a.fill(pattern_, kSeedA, stream_);
      added.b.fill(pattern_, kSeedB, stream_);
      added.c.poison(stream_);
    }
    session.synchronize();
  }

  void launch(int set) override {
    const Set& operands = sets_[static_cast<std::size_t>(set)];
    multiply_({static_cast<int>(problem_.at("m")), static_cast<int>(problem_.at("n")),
               static_cast<int>(problem_.at("k")), operands.a.data(), operands.b.data(),
               operands.c.data()},
              stream_);
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_.size()); }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::int64_t n = problem_.at("n");
    const auto row_of = [&](std::int64_t row) { return sets_[0].c.to_host(row * n, n, stream_); };
    return gemm::check<T>(pattern_, problem_, row_of, layout_of_b_);
  }

  [[nodiscard]] std::string algorithm() const override { return algorithm_; }

 private:
  struct Set {
    cuda::DeviceBuffer<T> a;
    cuda::DeviceBuffer<T> b;
    cuda::DeviceBuffer<Result<T>> c;
  };

  Problem problem_;
  DataPattern pattern_;
  LayoutOfB layout_of_b_;
  cudaStream_t stream_;
  Multiply<T> multiply_;
  std::string algorithm_;
  std::vector<Set> sets_;
};

}  // namespace derate::gemm
