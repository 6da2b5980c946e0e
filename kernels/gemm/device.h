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
#include "derate/peak.h"
#include "derate/shared_operands.h"
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

/// A, B and C on the device, as often as launches rotate over them. B's elements are the same
/// whatever layout a variant takes them for.
template <typename T>
class DeviceSets {
 public:
  struct Set {
    cuda::DeviceBuffer<T> a;
    cuda::DeviceBuffer<T> b;
    cuda::DeviceBuffer<Result<T>> c;
  };

  DeviceSets(const Problem& problem, const Operands& operands, Session& session) {
    const cudaStream_t stream = cuda::stream_of(session);
    const int sets = operands.sets(work_of<T>(problem).bytes, session.device());
    const std::int64_t m = problem.at("m");
    const std::int64_t n = problem.at("n");
    const std::int64_t k = problem.at("k");
    for (int set = 0; set < sets; ++set) {
      Set& added =
          sets_.emplace_back(Set{cuda::DeviceBuffer<T>(m * k), cuda::DeviceBuffer<T>(k * n),
                                 cuda::DeviceBuffer<Result<T>>(m * n)});
      added.a.fill(operands.data, kSeedA, stream);
      added.b.fill(operands.data, kSeedB, stream);
      added.c.poison(stream);
    }
    session.synchronize();
  }

  [[nodiscard]] int count() const { return static_cast<int>(sets_.size()); }
  [[nodiscard]] Set& operator[](int set) { return sets_[static_cast<std::size_t>(set)]; }

 private:
  std::vector<Set> sets_;
};

/// Operand sets for one problem, its own or shared with other variants, and how a variant
/// multiplies them. `algorithm` names the one that a library chose for the problem.
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
        algorithm_(std::move(algorithm)),
        sets_(made_or_shared<DeviceSets<T>>(
            operands, [&] { return DeviceSets<T>(problem, operands, session); })) {}

  void launch(int set) override {
    const auto& operands = (*sets_)[set];
    multiply_({static_cast<int>(problem_.at("m")), static_cast<int>(problem_.at("n")),
               static_cast<int>(problem_.at("k")), operands.a.data(), operands.b.data(),
               operands.c.data()},
              stream_);
  }

  [[nodiscard]] int sets() const override { return sets_->count(); }

  void poison() override { (*sets_)[0].c.poison(stream_); }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::int64_t n = problem_.at("n");
    const auto row_of = [&](std::int64_t row) {
      return (*sets_)[0].c.to_host(row * n, n, stream_);
    };
    return gemm::check<T>(pattern_, problem_, row_of, layout_of_b_);
  }

  [[nodiscard]] std::string algorithm() const override { return algorithm_; }

 private:
  Problem problem_;
  DataPattern pattern_;
  LayoutOfB layout_of_b_;
  cudaStream_t stream_;
  Multiply<T> multiply_;
  std::string algorithm_;
  std::shared_ptr<DeviceSets<T>> sets_;
};

/// Cubes of these edges, as far as one operand set fits into six tenths of the memory and a launch
/// would take less than a quarter of a second at the device's peak (f64 on a consumer GPU does
/// not).
template <typename T>
std::vector<Problem> cubes(std::initializer_list<std::int64_t> edges, const Device& device) {
  constexpr double kLongest_s = 0.25;
  const std::optional<Peak> peak =
      peak_of(device, Bound::compute, kFormatOf<T>, OperandOf<T>::kUnits);
  const std::optional<double> peak_flops = peak ? peak->specified() : std::nullopt;
  std::vector<Problem> problems;
  for (const std::int64_t edge : edges) {
    const Work amount = work_of<T>(cube(edge));
    const bool fits = amount.bytes <= 0.6 * static_cast<double>(device.memory_bytes);
    const bool ends = !peak_flops || amount.flops <= kLongest_s * *peak_flops;
    if (fits && ends) problems.push_back(cube(edge));
  }
  return problems;
}

/// Edges that are multiples of no tile.
inline Problem device_test_problem() { return {{"m", 131}, {"n", 65}, {"k", 70}}; }

}  // namespace derate::gemm
